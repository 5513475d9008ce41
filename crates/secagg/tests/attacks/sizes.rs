//! What is shared, and how long it is (Flower 1.41 shares a private key as 306 bytes of PEM, byte by
//! byte: with a hundred clients its server combines shares for over a minute).

use concordat_secagg::server::Answer;
use concordat_secagg::{SEALED, Step};

use crate::common::{World, session};

#[test]
fn a_holder_gets_two_shares_of_32_bytes_and_reveals_one_however_many_there_are() {
    for numbers in [(4, 3, 1, 1), (10, 7, 3, 3), (20, 14, 7, 6)] {
        let session = session(numbers, 32, 6);
        let mut world = World::new(&session, 46);
        let (_, answer) = world.run_until(Step::ShareKeys);
        let Answer::Inboxes(inboxes) = &answer else { panic!("another answer") };
        assert_eq!(inboxes.len(), numbers.0 as usize);
        for inbox in inboxes.values() {
            let sealed: Vec<usize> = inbox.values().map(|dealt| dealt.sealed.len()).collect();
            // Two shares, each as long as its secret, and a tag.
            assert_eq!(sealed, vec![32 + 32 + 16; numbers.0 as usize]);
        }
    }
    assert_eq!(SEALED, 80);
}
