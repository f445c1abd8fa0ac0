"""The REST API as one application: routers of the domains, errors as problem documents, the OpenAPI document, health.

Owns no data and no rules. A domain brings its `router`; `api.routes` lists them.
"""
