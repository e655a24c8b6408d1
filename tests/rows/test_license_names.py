import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.rows.license_names import HUB_LICENSES, license_id


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("Apache License, Version 2.0", "apache-2.0"),
        ("apache 2", "apache-2.0"),
        ("The MIT License", "mit"),
        ("CC BY 4.0", "cc-by-4.0"),
        ("CC-BY-NC-SA 4.0 International", "cc-by-nc-sa-4.0"),
        ("Creative Commons Attribution 4.0 International (CC BY 4.0)", "cc-by-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International Public License", "cc-by-nc-sa-4.0"),
        ("http://creativecommons.org/licenses/by-sa/4.0/", "cc-by-sa-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/legalcode", "cc0-1.0"),
        ("CC0", "cc0-1.0"),
        ("ODC-By v1.0", "odc-by"),
        ("Open Data Commons Attribution License", "odc-by"),
        ("GPL-3.0-or-later", "gpl-3.0"),
        ("GNU General Public License v3.0", "gpl-3.0"),
        ("GPLv3", "gpl-3.0"),
        ('BSD 3-Clause "New" License', 'BSD 3-Clause "New" License'),
        ("bsd_3_clause", "bsd-3-clause"),
        ("The Unlicense", "unlicense"),
    ],
)
def test_a_licence_has_the_hubs_identifier_whatever_it_is_called(name: str, identifier: str) -> None:
    assert license_id(name) == identifier


@pytest.mark.parametrize("name", ["my own; see site", "CC BY", "0BSD", "public domain", "mit, apache-2.0", "GPL-9.0"])
def test_what_the_hub_has_no_identifier_for_stays_as_it_stands(name: str) -> None:
    """`CC BY` without its version may be any of five."""
    assert license_id(name) == name


@pytest.mark.parametrize("name", ["", " ", "unknown", "Other", "N/A", "not stated", "none"])
def test_what_names_no_licence_is_none(name: str) -> None:
    assert license_id(name) is None


def test_every_identifier_is_its_own() -> None:
    assert {license_id(name) for name in HUB_LICENSES} == HUB_LICENSES


@given(st.text())
def test_spelling_a_licence_twice_changes_nothing(name: str) -> None:
    once = license_id(name)
    assert once is None or license_id(once) == once
