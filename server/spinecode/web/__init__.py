"""The web: a Flask app over the knowledge, with a blueprint for each resource."""

from __future__ import annotations

import logging
import os

from flask import Flask

from spinecode.knowledge import Knowledge, load
from spinecode.store_client import STORE_VARIABLE, Address, address_from
from spinecode.web import (
    assets,
    bodies,
    codes,
    context,
    differ,
    health,
    ontology,
    ontology_check,
    openapi,
    pages,
    problems,
    queries,
    replies,
    search,
    select,
    shapes,
    sparql,
    terms,
    validate,
    void,
)
from spinecode.web.compression import Compressed
from spinecode.web.keeping import Keeper, KeptAnswers
from spinecode.web.metrics import Metrics
from spinecode.web.quick import QuickQueries
from spinecode.web.receiving import Received
from spinecode.web.settings import settings_from
from spinecode.web.site import Site

__all__ = ["create_app"]


def create_app(knowledge: Knowledge | None = None, *, store: str | None = None, **settings: float | None) -> Flask:
    """An app that answers from ``knowledge``, by default that of our ontology and of ``SPINECODE_ONTOLOGY``.

    ``store`` is the address of a store that answers the queries, by default that of ``SPINECODE_STORE`` if any.
    ``settings`` are those of ``settings.Settings``. Raises OntologyError when the ontology cannot be used and
    InputError for a setting that is no setting.
    """
    limits = settings_from(settings)
    site = Site(knowledge or load(), limits, Keeper(limits.cache_limit), Metrics(), _address(store))
    # Read now, so that a fault of the ontology shows at the start and not to the first who asks.
    _ = site.index
    _ = site.knowledge.queries, site.knowledge.shapes
    # These quote what they are given in their logs, and a submission may hold what must not be kept.
    for name in ("rdflib", "pyshacl"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    app = Flask(__name__, static_folder=None)
    app.request_class = bodies.Request
    app.config.update(
        MAX_CONTENT_LENGTH=limits.body_limit,
        MAX_FORM_MEMORY_SIZE=limits.body_limit,
    )
    app.url_map.strict_slashes = False
    site.install(app)
    problems.register(app)
    replies.register(app)
    app.before_request(bodies.check_size)
    pages.register(app)
    asked = (pages, select, differ, validate, sparql, codes, ontology, ontology_check, void, queries, search, shapes)
    for module in (*asked, context, health, openapi, assets, terms):
        app.register_blueprint(module.blueprint)
    # from the quickest to the slowest: what was answered before, a lone query, everything
    quick = QuickQueries(app.wsgi_app, site)
    kept = KeptAnswers(quick, site.keeper, site.metrics)
    app.wsgi_app = Received(Compressed(kept), limits.body_limit)  # type: ignore[method-assign]  # Flask's way
    return app


def _address(store: str | None) -> Address | None:
    text = store or os.environ.get(STORE_VARIABLE)
    return address_from(text) if text else None
