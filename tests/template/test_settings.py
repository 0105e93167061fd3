from dataclasses import fields
from typing import Any

import pytest

from portal import settings

NEEDS = {
    "DeskFunction": settings.DeskSettings,
    "IntakeFunction": settings.IntakeSettings,
    "RenderFunction": settings.RenderSettings,
    "PurgeFunction": settings.PurgeSettings,
    "TickFunction": settings.TickSettings,
}


@pytest.mark.parametrize("function", NEEDS)
def test_a_function_gets_exactly_the_settings_that_it_needs(function: str, resources: dict[str, Any]) -> None:
    variables = resources[function]["Properties"]["Environment"]["Variables"]
    own = {name for name in variables if not name.startswith("POWERTOOLS_")}
    assert own == {field.name.upper() for field in fields(NEEDS[function])}


@pytest.mark.parametrize("function", NEEDS)
def test_a_function_logs_and_counts_under_its_own_name(function: str, resources: dict[str, Any]) -> None:
    variables = resources[function]["Properties"]["Environment"]["Variables"]
    assert {name: value for name, value in variables.items() if name.startswith("POWERTOOLS_")} == {
        "POWERTOOLS_SERVICE_NAME": function.removesuffix("Function").lower(),
        "POWERTOOLS_METRICS_NAMESPACE": "Portal",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
