"""Modules joined into one script: what runs, in which order, and what is not understood.

The joined script is run by node's stand-in here: a tiny reading of its form. Browsers run the real
one in `tests/e2e/console`.
"""

import re

import pytest

from openbunker.web import pages

MODULES = {
    "lib": "var a=1,b=2;export{a as first,b as default};\n//# sourceMappingURL=lib.mjs.map\n",
    "app/main.js": (
        'import { first as x } from "lib";\nimport { two } from "./deep/two.js";\nrun(x, two);\n'
    ),
    "app/deep/two.js": 'import { shared } from "../shared.js";\nexport const two = shared + 1;\n',
    "app/shared.js": "export const shared = 1;\nexport function other() {}\n",
    "app/unused.js": "export const unused = 1;\n",
}


def order(script: str) -> list[str]:
    return re.findall(r'^made\["([^"]+)"\] = ', script, re.MULTILINE)


def test_each_module_stands_once_after_what_it_imports() -> None:
    script = pages.joined(MODULES, "app/main.js")

    assert order(script) == ["lib", "app/shared.js", "app/deep/two.js", "app/main.js"]


def test_imports_become_names_and_exports_what_is_given_back() -> None:
    script = pages.joined(MODULES, "app/main.js")

    assert 'const { first: x } = made["lib"];' in script
    assert "return { first: a, default: b };" in script
    assert "return { shared: shared, other: other };" in script
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
    assert "sourceMappingURL" not in script


def test_a_default_that_is_declared_is_given_back() -> None:
    modules = {
        "a.js": 'import { default as b } from "b";\n',
        "b": "var n=1;export default function(s){}",
    }
    script = pages.joined(modules, "a.js")

    assert "const exported_default = function(s){}" in script
    assert "return { default: exported_default };" in script


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'import { b } from "./b.js";\nexport const a = 1;\n',
            "circle of imports: a.js -> b.js -> a.js",
        ),
        ('import { c } from "./c.js";\n', "a.js imports c.js, which is not there"),
        ('import { c } from "./d.js";\n', "a.js imports c, which d.js does not export"),
        ('import * as all from "./c.js";\n', "is not understood"),
        ('const a = 1; export default a, b;export * from "./c.js";', "is not understood"),
    ],
)
def test_what_is_not_understood_is_said(text: str, message: str) -> None:
    modules = {"a.js": text, "b.js": 'import { a } from "./a.js";\nexport const b = a;\n'}
    modules["d.js"] = "export const b = 1,\n  c = 2;\n"
    with pytest.raises(ValueError, match=re.escape(message)):
        pages.joined(modules, "a.js")


@pytest.mark.parametrize("text", ["a </script> b", "x = '<!--'", "</STYLE"])
def test_a_text_that_would_end_its_element_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a script"):
        pages.element("script", text)


def test_a_policy_allows_what_is_hashed_and_nothing_else() -> None:
    rules = dict(
        rule.split(" ", 1) for rule in pages.policy(["a"], ["b"], "connect-src 'self'").split("; ")
    )

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"
    assert rules["connect-src"] == "'self'"
