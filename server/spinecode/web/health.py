"""``/healthz``, ``/readyz`` and ``/metrics``: for those who run the server."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from spinecode.errors import Fault, OntologyError, SpinecodeError
from spinecode.web.problems import kind_iri, problem
from spinecode.web.site import site

blueprint = Blueprint("health", __name__)

_FINE: Final = '{"status":"ok"}'


@blueprint.get("/healthz")
def alive() -> Response:
    """That the process answers; it does nothing else, so that ``bench`` takes it for the empty route."""
    return Response(_FINE, mimetype="application/json")


@blueprint.get("/readyz")
def ready() -> Response:
    """That the rules are loaded and questions can be answered, by the store behind this where there is one."""
    try:
        _ = site().index
    except OntologyError:
        return problem(503, "The ontology cannot be used", (Fault("The rules could not be loaded."),))
    if site().store is not None:
        from spinecode.remote import StoreRunner

        runner = site().runner
        assert isinstance(runner, StoreRunner)
        try:
            runner.check()
        except SpinecodeError as error:
            # whoever balances the load asks for the status; the kind tells what is the matter
            return problem(503, "The store cannot be used", error.faults, kind_iri(error))
    return Response(_FINE, mimetype="application/json")


@blueprint.get("/metrics")
def metrics() -> Response:
    """The counts of this worker process, for Prometheus."""
    response = Response(site().metrics.text(site().keeper.size))
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response
