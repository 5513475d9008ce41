use proptest::prelude::*;
use serde_json::json;

use super::*;

fn seed() -> Seed {
    Seed::of(b"an entry")
}

fn statement() -> Value {
    json!({
        "asset": "heart-rows",
        "rows": { "alder": 303, "birch": 261 },
        "purposes": ["risk", "risk"],
        "none": {},
        "class": 2,
    })
}

#[test]
fn what_is_withheld_leaves_the_root_as_it_was() {
    let whole = Node::whole(&statement(), &seed());
    let root = whole.root();
    assert_eq!(whole.shown(), statement());

    let mut part = whole.clone();
    part.part_mut(&["rows"]).unwrap().withhold();
    part.part_mut(&["class"]).unwrap().withhold();
    assert_eq!((part.root(), part.withheld()), (root, 2));
    assert_eq!(part.shown()["rows"], Value::Null);
    assert_eq!(part.part(&["asset"]).unwrap().scalar(), Some(&json!("heart-rows")));
    assert_eq!(Node::parse(&part.to_value()).unwrap(), part);

    let mut none = whole;
    none.withhold();
    assert_eq!(none, Node::Withheld(root));
}

#[test]
fn a_withheld_value_is_not_found_by_trying_what_it_may_be() {
    let mut part = Node::whole(&statement(), &seed());
    part.part_mut(&["class"]).unwrap().withhold();
    let Some(Node::Withheld(digest)) = part.part(&["class"]).cloned() else { panic!() };
    // Every class there is, with the salt of a neighbour, with none, and of another entry.
    let Some(Node::Shown { salt, .. }) = part.part(&["asset"]) else { panic!() };
    for class in 0..100 {
        let bytes = jcs::to_bytes(&json!(class)).unwrap();
        assert_ne!(Digest::of(&bytes), digest);
        for salt in [*salt, Digest([0; 32])] {
            assert_ne!(Node::Shown { salt, value: json!(class) }.root(), digest);
        }
        let other = Node::whole(&json!({ "class": class }), &Seed::of(b"another entry"));
        assert_ne!(other.part(&["class"]).unwrap().root(), digest);
    }
    // Equal values beside each other look different.
    let Some(Node::List(twice)) = part.part(&["purposes"]) else { panic!() };
    assert_ne!(twice[0].root(), twice[1].root());
    assert_eq!(format!("{:?}", seed()), "Seed(…)");
}

#[test]
fn fields_are_struck_by_what_they_say_and_by_their_names() {
    let mut node = Node::whole(&statement(), &seed());
    let root = node.root();
    node.withhold_where(&|field, value| {
        value == "alder" || (field == Some("purposes") && value == "risk")
    });
    assert!(matches!(node.part(&["rows"]), Some(Node::Withheld(_))));
    let Some(Node::List(purposes)) = node.part(&["purposes"]) else { panic!() };
    assert!(purposes.iter().all(|one| matches!(one, Node::Withheld(_))));
    assert_eq!((node.withheld(), node.root()), (3, root));
}

#[test]
fn a_node_has_one_spelling() {
    let digest = Digest([7; 32]).to_string();
    for bad in [
        json!({}),
        json!([]),
        json!({ "salt": digest }),
        json!({ "salt": digest, "value": [1] }),
        json!({ "salt": digest, "value": 1, "more": 2 }),
        json!({ "withheld": "7" }),
        json!({ "withheld": digest, "value": 1 }),
        json!({ "list": [] }),
        json!({ "list": {} }),
        json!({ "fields": {} }),
        json!({ "fields": { "a": 1 } }),
    ] {
        assert!(Node::parse(&bad).is_err(), "{bad}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,3}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is withheld, the root stays, and the node comes back from its bytes.
    #[test]
    fn the_root_is_that_of_the_whole(value in any_value(), letter in "[a-e]") {
        let whole = Node::whole(&value, &seed());
        prop_assert_eq!(whole.shown(), value);
        let mut part = whole.clone();
        part.withhold_where(&|_, value| value.as_str().is_some_and(|text| text.contains(&letter)));
        prop_assert_eq!(part.root(), whole.root());
        let bytes = jcs::to_bytes(&part.to_value()).unwrap();
        prop_assert_eq!(Node::parse(&jcs::parse(&bytes).unwrap()).unwrap(), part);
    }

    /// Another value has another root.
    #[test]
    fn no_two_values_have_one_root(one in any_value(), other in any_value()) {
        let roots = (Node::whole(&one, &seed()).root(), Node::whole(&other, &seed()).root());
        prop_assert_eq!(roots.0 == roots.1, one == other);
    }
}
