"""Hostile and broken requests that are made, being too large or too odd for a file of cases."""

from __future__ import annotations

import gzip
from urllib.parse import quote

HOST = b"Host: 127.0.0.1\r\n"
DIRECT = b"Content-Type: application/sparql-query\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
ASK = b"ASK { ?s ?p ?o }"
WHERE = quote(ASK.decode()).encode()
MEBIBYTE = 1 << 20


def deep(opening: str, inside: str, closing: str, times: int) -> str:
    return opening * times + inside + closing * times


def refused_queries(port: int) -> dict[str, str]:
    """Large queries that are never run, since they are too long, too deep or broken."""
    service = f"SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }}"
    found = {
        "1 MB of opening parentheses": "(" * MEBIBYTE,
        "1 MB of parentheses in a filter": f"ASK {{ FILTER({deep('(', '1', ')', MEBIBYTE // 2)}) }}",
        "1 MB of closing parentheses": "ASK {} " + ")" * MEBIBYTE,
        "1 MB of braces": "{" * MEBIBYTE,
        "1 MB of brackets": "ASK { " + "[" * MEBIBYTE,
        "1 MB of spaces": "ASK {" + " " * MEBIBYTE + "}",
        "1 MB of comment": "ASK {} #" + "x" * MEBIBYTE,
        "1 MB of number signs": "#\n" * (MEBIBYTE // 2) + "ASK {}",
        "1 MB of text": f'ASK {{ ?s ?p "{"x" * MEBIBYTE}" }}',
        "1 MB of quotes": '"' * MEBIBYTE,
        "1 MB of backslashes": "\\" * MEBIBYTE,
        "1 MB of prefixes": "".join(f"PREFIX p{n}: <urn:{n}> " for n in range(MEBIBYTE // 22)) + "ASK {}",
        "100,000 values": f"ASK {{ VALUES ?x {{ {' '.join(str(n) for n in range(100_000))} }} ?x ?y ?z }}",
        "60,000 words in a list": f"ASK {{ ?s ?p ?o FILTER(?o IN ({', '.join(str(n) for n in range(60_000))})) }}",
        "many graphs": "ASK " + "".join(f"FROM <http://127.0.0.1:{port}/{n}> " for n in range(1000)) + "{}",
        "service, deep": f"ASK {deep('{ ', service, ' }', 90)}",
        "service, after much": "ASK { " + "?s ?p ?o . " * 3000 + service + " }",
    }
    for name, opening, closing in (
        ("groups", "{ ", " }"),
        ("parentheses", "FILTER(" + "(", ") )"),
        ("OPTIONAL", "OPTIONAL { ", " }"),
        ("MINUS", "?s ?p ?o MINUS { ", " }"),
        ("UNION", "{ } UNION { ", " }"),
        ("GRAPH", "GRAPH ?g { ", " }"),
        ("subqueries", "{ SELECT * { ", " } }"),
        ("EXISTS", "FILTER EXISTS { ", " }"),
        ("NOT EXISTS", "FILTER NOT EXISTS { ", " }"),
    ):
        found[f"deep {name}, 1,000"] = f"ASK {{ {deep(opening, '', closing, 1000)} }}"
        found[f"deep {name} with SERVICE"] = f"ASK {{ {deep(opening, service, closing, 150)} }}"
        found[f"deep {name}, left open"] = f"ASK {{ {opening * 2000}"
    for name, opening, closing in (
        ("blank nodes", "[ <urn:p> ", " ]"),
        ("lists", "( ", " )"),
        ("triple terms", "<<( ?s ?p ", " )>>"),
    ):
        found[f"deep {name}"] = f"ASK {{ ?s ?p {deep(opening, '1', closing, 2000)} }}"
    for name, opening, closing in (
        ("IF", "IF(true, ", ", 1)"),
        ("STR", "STR(", ")"),
        ("COALESCE", "COALESCE(", ")"),
        ("negations", "!(", ")"),
        ("sums", "(1 + ", ")"),
        ("IN", "1 IN (", ")"),
    ):
        found[f"deep {name}"] = f"ASK {{ FILTER({deep(opening, '1', closing, 2000)}) }}"
    for name, opening, closing in (
        ("path groups", "(", ")"),
        ("path stars", "(", ")*"),
        ("path inverses", "^(", ")"),
        ("path negations", "!(", ")"),
    ):
        found[f"deep {name}"] = f"ASK {{ ?s {deep(opening, '<urn:p>', closing, 2000)} ?o }}"
    return found


def ended_queries() -> dict[str, str]:
    """Queries that may be run until a limit stops them, may be refused, or may be quick enough after all."""
    doubling = " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(60))
    growing = " ".join(f"BIND(REPLACE(?v{n}, '.', '$0$0$0$0$0$0$0$0') AS ?v{n + 1})" for n in range(20))
    wide = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(200))
    chain = " . ".join(f"?a{n} ?b{n} ?a{n + 1}" for n in range(300))
    half = "/".join(["(!<urn:x>|^!<urn:x>)?"] * 500)
    return {
        "doubled texts": f'SELECT (STRLEN(?v60) AS ?n) {{ BIND("0123456789abcdef" AS ?v0) {doubling} }}',
        "replaced texts": f'SELECT (STRLEN(?v20) AS ?n) {{ BIND("0123456789abcdef" AS ?v0) {growing} }}',
        "encoded texts": "SELECT (" + "ENCODE_FOR_URI(" * 90 + '"€"' + ")" * 90 + " AS ?x) { }",
        "product of 200": f"SELECT (COUNT(*) AS ?n) {{ {wide} }}",
        "chain of 300": f"SELECT (COUNT(*) AS ?n) {{ {chain} }}",
        "path of 500 options": f"ASK {{ ?a {half} ?b . FILTER(?a = <urn:none>) }}",
        "path of 20 stars": "SELECT (COUNT(*) AS ?n) { ?a " + "/".join(["(!<urn:x>)*"] * 20) + " ?b }",
        "path of nested stars": "SELECT (COUNT(*) AS ?n) { ?a " + deep("(", "!<urn:x>|^!<urn:x>", ")*", 90) + " ?b }",
        "joined by every value": "SELECT * { ?a ?b ?c "
        + " ".join(f"OPTIONAL {{ ?a ?b{n} ?c{n} }}" for n in range(200))
        + " }",
        "5,000 values with everything": f"SELECT (COUNT(*) AS ?n) {{ VALUES ?x {{ {' '.join(map(str, range(5000)))} }} "
        "?a ?b ?c . ?d ?e ?f }",
        "values with values": "SELECT * { "
        + " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(300)))} }}" for n in range(5))
        + " }",
        "5,000 words in a list": f"ASK {{ ?a ?b ?c . ?d ?e ?f FILTER(?c IN ({', '.join(map(str, range(5000)))})) }}",
        "unions of everything": "SELECT (COUNT(*) AS ?n) { "
        + " ".join(["{ { ?a ?b ?c } UNION { ?c ?b ?a } }"] * 100)
        + " }",
        "deep quoted triples": f"ASK {{ ?s ?p {deep('<< ?s ?p ', '1', ' >>', 2000)} }}",
        "20,000 sums": "ASK { FILTER(" + "+".join(["1"] * 20_000) + " > 1) }",
        "10,000 alternatives": "ASK { FILTER(" + "||".join(["?x"] * 10_000) + ") }",
        "30,000 negations": "ASK { FILTER(" + "!" * 30_000 + "true) }",
        "20,000 signs": "ASK { FILTER(" + "- " * 20_000 + "1 = 1) }",
        "20,000 steps": "ASK { ?s " + "/".join(["a"] * 20_000) + " ?o }",
        "20,000 path alternatives": "ASK { ?s " + "|".join(["a"] * 20_000) + " ?o }",
        "20,000 inverses": "ASK { ?s " + "^" * 20_000 + "a ?o }",
        "5,000 UNIONs": "ASK { " + " UNION ".join(["{}"] * 5_000) + " }",
        "3,000 OPTIONALs": "ASK { " + "OPTIONAL { ?s ?p ?o } " * 2_500 + " }",
        "5,000 FILTERs": "ASK { " + "FILTER(?x) " * 5_000 + " }",
        "3,000 subqueries": "ASK { " + "{ SELECT * { } } " * 3_000 + " }",
        "3,000 variables": "SELECT " + " ".join(f"(1 AS ?v{n})" for n in range(3_000)) + " { }",
        "3,000 orders": "SELECT * { ?s ?p ?o } ORDER BY " + "DESC(?s) " * 3_000 + "LIMIT 1",
        "2,000 counts": "SELECT " + " ".join(f"(COUNT(?s) AS ?v{n})" for n in range(2_000)) + " { ?s ?p ?o }",
        # the parser that looks for clauses tries these again and again
        "deep expressions with the word": "ASK { FILTER(" + deep("(", "?from", ")", 95) + ") }",
        "deep groups with the word": "ASK { " + deep("{ ", "?s ?p ?from", " }", 95) + " }",
        "deep paths with the word": "ASK { ?s " + deep("(", "a", ")*", 95) + " ?from }",
        "deep subqueries with the word": "ASK " + deep("{ { SELECT * ", "{ ?from ?p ?o }", " } }", 45),
        "deep calls with the word": "ASK { FILTER(" + deep("IF(?a, ", "?from", ", 1)", 95) + ") }",
        "many triples with the word": "ASK { " + "?s ?p ?from . " * 4_000 + " }",
        "quotes with the word": "ASK { ?service ?p " + "'''" * 10_000,
        "escapes with the word": 'ASK { ?service ?p "' + "\\u0041" * 9_000 + '" }',
    }


def _post(body: bytes, *headers: bytes, kind: bytes = DIRECT) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST /sparql HTTP/1.1\r\n" + HOST + kind + length + b"".join(headers) + b"\r\n" + body


def _get(*headers: bytes, query: bytes = b"query=" + WHERE, path: bytes = b"/sparql") -> bytes:
    return b"GET " + path + b"?" + query + b" HTTP/1.1\r\n" + HOST + b"".join(headers) + b"\r\n"


def _ranges(count: int, end: bytes = b"") -> bytes:
    return b"Accept: " + b", ".join(b"a/b%d;q=0.%d" % (n, n % 10) for n in range(count)) + end + b"\r\n"


def requests(port: int) -> dict[str, tuple[bytes, str]]:
    """Whole requests as bytes, with what becomes of them.

    "refused": 4xx, or the connection is closed. "answered": 200. "either": the one or the other. "unfinished": nothing
    for as long as the rest does not come, or a refusal. "not changed": 304.
    """
    chunked = b"Transfer-Encoding: chunked\r\n"
    head = b"POST /sparql HTTP/1.1\r\n" + HOST + DIRECT
    hidden = b"GET http://127.0.0.1:%d/ HTTP/1.1\r\nHost: x\r\n\r\n" % port
    update = quote("DROP ALL").encode()
    remote = quote(f"http://127.0.0.1:{port}/a.ttl", safe="").encode()
    boundary = b"Content-Type: multipart/form-data; boundary=x\r\n"
    return {
        # ---- headers of the body
        "two types": (_post(ASK, DIRECT, kind=FORM), "either"),
        "two types, the other way": (_post(ASK, FORM), "either"),
        "no type": (_post(ASK, kind=b""), "refused"),
        "empty type": (_post(ASK, kind=b"Content-Type: \r\n"), "refused"),
        "type of commas": (_post(ASK, kind=b"Content-Type: application/sparql-query, text/plain\r\n"), "refused"),
        "type of slashes": (_post(ASK, kind=b"Content-Type: " + b"/" * 5000 + b"\r\n"), "refused"),
        "long type": (_post(ASK, kind=b"Content-Type: " + b"x" * 60_000 + b"\r\n"), "refused"),
        "type with 5,000 options": (_post(ASK, kind=DIRECT[:-2] + b"; a=b" * 5_000 + b"\r\n"), "either"),
        "type with an option left open": (_post(ASK, kind=DIRECT[:-2] + b'; charset="utf-8\r\n'), "either"),
        "character set that is none": (_post(ASK, kind=DIRECT[:-2] + b"; charset=x-none\r\n"), "refused"),
        "character set of an alphabet": (_post(ASK, kind=DIRECT[:-2] + b"; charset=utf-7\r\n"), "refused"),
        "character set of bytes": (_post(ASK, kind=DIRECT[:-2] + b"; charset=\xff\xfe\r\n"), "refused"),
        "update type": (_post(b"DROP ALL", kind=b"Content-Type: application/sparql-update\r\n"), "refused"),
        "type of Turtle": (_post(b"<urn:a> <urn:b> 1 .", kind=b"Content-Type: text/turtle\r\n"), "refused"),
        "parts": (
            _post(b'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\nASK {}\r\n--x--', kind=boundary),
            "refused",
        ),
        "parts without end": (_post(b"--x\r\n" * 20_000, kind=boundary), "refused"),
        "body as gzip": (_post(gzip.compress(ASK), b"Content-Encoding: gzip\r\n"), "answered"),
        "body as gzip, a bomb": (
            _post(gzip.compress(b" " * (64 * MEBIBYTE)), b"Content-Encoding: gzip\r\n"),
            "refused",
        ),
        "body as something": (_post(ASK, b"Content-Encoding: something\r\n"), "either"),
        "body of bytes": (_post(bytes(range(256))), "refused"),
        "body in UTF-16": (_post(ASK.decode().encode("utf-16")), "refused"),
        "body with half a character": (_post(b'ASK { ?s ?p "\xe2\x82" }'), "refused"),
        "body with a surrogate": (_post(b'ASK { ?s ?p "\xed\xa0\x80" }'), "refused"),
        "body with a long form": (_post(b'ASK { ?s ?p "\xc0\xaf" }'), "refused"),
        "empty body": (_post(b""), "refused"),
        "empty form": (_post(b"", kind=FORM), "refused"),
        "body of null bytes": (_post(b"\0" * 60_000), "refused"),
        "body of 2 MB": (_post(b"x" * (2 * MEBIBYTE)), "refused"),
        "form of 2 MB": (_post(b"query=" + b"x" * (2 * MEBIBYTE), kind=FORM), "refused"),
        # ---- lengths and pieces
        "length below nothing": (head + b"Content-Length: -1\r\n\r\n" + ASK, "refused"),
        "length of a word": (head + b"Content-Length: x\r\n\r\n" + ASK, "refused"),
        "length with a sign": (head + b"Content-Length: +16\r\n\r\n" + ASK, "refused"),
        "length beyond numbers": (head + b"Content-Length: 99999999999999999999999\r\n\r\n" + ASK, "refused"),
        "length of 8 EB": (head + b"Content-Length: 9223372036854775807\r\n\r\n" + ASK, "refused"),
        "two lengths": (head + b"Content-Length: 16\r\nContent-Length: 5\r\n\r\n" + ASK, "refused"),
        "two lengths in one": (head + b"Content-Length: 16, 5\r\n\r\n" + ASK, "refused"),
        "length too short": (head + b"Content-Length: 5\r\nConnection: close\r\n\r\n" + ASK, "refused"),
        "length too long": (head + b"Content-Length: 60\r\n\r\n" + ASK, "unfinished"),
        "length and pieces": (
            head + b"Content-Length: 16\r\n" + chunked + b"\r\n10\r\n" + ASK + b"\r\n0\r\n\r\n",
            "either",
        ),
        "pieces and length": (
            head + chunked + b"Content-Length: 3\r\n\r\n10\r\n" + ASK + b"\r\n0\r\n\r\n" + hidden,
            "either",
        ),
        "pieces": (head + chunked + b"\r\n10\r\n" + ASK + b"\r\n0\r\n\r\n", "answered"),
        "pieces with extensions": (head + chunked + b"\r\n10;a=b\r\n" + ASK + b"\r\n0\r\n\r\n", "either"),
        "pieces without end": (head + chunked + b"\r\n10\r\n" + ASK + b"\r\n", "unfinished"),
        "pieces of a wrong size": (head + chunked + b"\r\nZZ\r\n" + ASK + b"\r\n0\r\n\r\n", "refused"),
        "pieces of a size below nothing": (head + chunked + b"\r\n-1\r\n" + ASK + b"\r\n0\r\n\r\n", "refused"),
        "pieces of a size beyond numbers": (head + chunked + b"\r\nfffffffffffffffff\r\n" + ASK, "refused"),
        "pieces of one byte": (head + chunked + b"\r\n" + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n", "refused"),
        "pieces of 5 MB": (
            head + chunked + b"\r\n" + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 80 + b"0\r\n\r\n",
            "refused",
        ),
        "encoding that is none": (head + b"Transfer-Encoding: x\r\n\r\n" + ASK, "refused"),
        "encoding twice": (head + chunked + chunked + b"\r\n10\r\n" + ASK + b"\r\n0\r\n\r\n", "either"),
        "encoding hidden by a tab": (
            head + b"Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + hidden,
            "refused",
        ),
        "encoding hidden by a space": (
            head + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "refused",
        ),
        "encoding gzip, chunked": (
            head + b"Transfer-Encoding: gzip, chunked\r\n\r\n10\r\n" + ASK + b"\r\n0\r\n\r\n",
            "either",
        ),
        "request in a request": (_post(hidden), "refused"),
        "promise of a body": (_post(ASK, b"Expect: 100-continue\r\n"), "answered"),
        "promise of something": (_post(ASK, b"Expect: x\r\n"), "either"),
        # ---- other headers
        "10,000 ranges": (_get(_ranges(10_000)), "refused"),
        "10,000 ranges and all": (_get(_ranges(10_000, b", */*;q=0.1")), "refused"),
        "all and 10,000 ranges": (_get(b"Accept: */*;q=0.1, " + _ranges(10_000)[8:]), "answered"),
        "1,000 ranges": (_get(_ranges(1_000)), "refused"),
        "quality NaN": (_get(b"Accept: text/csv;q=NaN\r\n"), "either"),
        "quality without end": (_get(b"Accept: text/csv;q=inf, text/turtle;q=-inf\r\n"), "either"),
        "quality of a word": (_get(b"Accept: text/csv;q=x\r\n"), "refused"),
        "quality of 1e400": (_get(b"Accept: text/csv;q=1e400\r\n"), "either"),
        "quality of 5,000 digits": (_get(b"Accept: text/csv;q=0." + b"1" * 5_000 + b"\r\n"), "answered"),
        "accepts nothing there is": (_get(b"Accept: image/png\r\n"), "refused"),
        "accepts commas": (_get(b"Accept: " + b"," * 8_000 + b"\r\n"), "refused"),
        "accepts slashes": (_get(b"Accept: " + b"/" * 8_000 + b"\r\n"), "either"),
        "accepts quotes": (_get(b'Accept: text/csv;a="' + b'\\"' * 4_000 + b"\r\n"), "either"),
        "accepts bytes": (_get(b"Accept: \xff\xfe/\xfd\r\n"), "either"),
        "accepts encodings": (_get(b"Accept-Encoding: " + b"gzip;q=NaN, " * 500 + b"\r\n"), "answered"),
        "accepts no encoding": (_get(b"Accept-Encoding: *;q=0, identity;q=0\r\n"), "answered"),
        "10,000 tags": (
            _get(b"If-None-Match: " + b", ".join(b'"%d"' % n for n in range(10_000)) + b"\r\n"),
            "answered",
        ),
        "tag left open": (_get(b'If-None-Match: "' + b"x" * 9_000 + b"\r\n"), "answered"),
        "any tag": (_get(b"If-None-Match: *\r\n"), "not changed"),
        "range": (_get(b"Range: bytes=0-0\r\n"), "either"),
        "500 ranges of bytes": (_get(b"Range: bytes=" + b",".join([b"0-"] * 500) + b"\r\n"), "either"),
        "range below nothing": (_get(b"Range: bytes=-99999999999999999999\r\n"), "either"),
        "date that is none": (_get(b"If-Modified-Since: yesterday\r\nIf-Unmodified-Since: x\r\n"), "answered"),
        "header of 1 MB": (_get(b"X-A: " + b"x" * MEBIBYTE + b"\r\n"), "refused"),
        "5,000 headers": (_get(b"".join(b"X-%d: x\r\n" % n for n in range(5_000))), "refused"),
        "header with a null byte": (_get(b"X-A: \0\r\n"), "refused"),
        "header folded": (_get(b"X-A: a\r\n b\r\n"), "either"),
        "header without a name": (_get(b": x\r\n"), "refused"),
        "header without a colon": (_get(b"x\r\n"), "refused"),
        "header with a space in its name": (_get(b"X A: x\r\n"), "refused"),
        "upgrade": (
            _get(
                b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
            ),
            "either",
        ),
        "upgrade to HTTP/2": (
            _get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
            "either",
        ),
        "forwarded host": (
            _get(b"X-Forwarded-Host: 127.0.0.1:%d\r\nForwarded: host=127.0.0.1:%d\r\n" % (port, port)),
            "answered",
        ),
        "forwarded user": (_get(b"X-Forwarded-For: ' OR 1=1\r\nCookie: " + b"a=b; " * 1_000 + b"\r\n"), "answered"),
        "another method by header": (_get(b"X-HTTP-Method-Override: DELETE\r\n"), "answered"),
        "two hosts": (b"GET /sparql HTTP/1.1\r\n" + HOST + b"Host: x\r\n\r\n", "either"),
        "no host": (b"GET /sparql?query=" + WHERE + b" HTTP/1.1\r\n\r\n", "either"),
        "host that is none": (b"GET /sparql HTTP/1.1\r\nHost: <script>\r\n\r\n", "either"),
        "host elsewhere": (b"GET /sparql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port, "answered"),
        # ---- methods and first lines
        **{
            f"method {name.decode()}": (
                name + b" /sparql?query=" + WHERE + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                "refused",
            )
            for name in (b"PUT", b"DELETE", b"PATCH", b"TRACE", b"PROPFIND", b"QUERY", b"DEBUG", b"X" * 200)
        },
        "method in small letters": (b"get /sparql?query=" + WHERE + b" HTTP/1.1\r\n" + HOST + b"\r\n", "either"),
        "method CONNECT": (b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % port + HOST + b"\r\n", "refused"),
        "method of symbols": (b"G@T /sparql HTTP/1.1\r\n" + HOST + b"\r\n", "refused"),
        "proxy": (b"GET http://127.0.0.1:%d/sparql HTTP/1.1\r\n" % port + HOST + b"\r\n", "either"),
        "version that is none": (b"GET /sparql HTTP/9.9\r\n" + HOST + b"\r\n", "refused"),
        "version 0.9": (b"GET /sparql\r\n", "refused"),
        "no version": (b"GET /sparql HTTP\r\n" + HOST + b"\r\n", "refused"),
        "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "either"),
        "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500, "refused"),
        "bytes": (bytes(range(256)) * 20, "refused"),
        "line ends only": (b"\r\n" * 5_000, "unfinished"),
        "head without end": (b"GET /sparql HTTP/1.1\r\n" + HOST + b"X-A: ", "unfinished"),
        "address with a space": (b"GET /sparql?query=ASK {} HTTP/1.1\r\n" + HOST + b"\r\n", "refused"),
        "address with line ends": (b"GET /sparql?query=ASK{}\r\nX-A: b HTTP/1.1\r\n" + HOST + b"\r\n", "refused"),
        "address with a null byte": (b"GET /sparql\0 HTTP/1.1\r\n" + HOST + b"\r\n", "refused"),
        "address of bytes": (b"GET /sparql?query=\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", "refused"),
        "address of 100 KB": (_get(query=b"query=" + b"x" * 100_000), "refused"),
        "address of 1 MB": (_get(query=b"query=" + b"x" * MEBIBYTE), "refused"),
        "address upwards": (_get(path=b"/sparql/../../../../etc/passwd"), "refused"),
        "address upwards in percents": (_get(path=b"/sparql/%2e%2e%2f%2e%2e%2fetc/passwd"), "refused"),
        # ---- parameters
        "line ends in a parameter": (
            _get(query=b"query=ASK%7B%7D%0d%0aX-Injected:%20yes&format=x%0d%0aX-Injected:%20yes"),
            "refused",
        ),
        "line ends in a format": (_get(query=b"query=" + WHERE + b"&format=json%0d%0aX-Injected:%20yes"), "refused"),
        "format that is none": (_get(query=b"query=" + WHERE + b"&format=exe"), "refused"),
        "null byte": (_get(query=b"query=ASK%00%7B%7D"), "refused"),
        "bytes that are no UTF-8": (_get(query=b"query=ASK%7B%FF%7D"), "refused"),
        "percents that are none": (_get(query=b"query=ASK%7B%ZZ%7D"), "refused"),
        "percents of percents": (_get(query=b"query=ASK%257B%257D"), "refused"),
        "5,000 parameters": (_get(query=b"query=" + WHERE + b"&a=b" * 5_000), "refused"),
        "5,000 fields": (_post(b"query=" + WHERE + b"&a=b" * 5_000, kind=FORM), "refused"),
        "query twice": (_get(query=b"query=" + WHERE + b"&query=" + WHERE), "refused"),
        "query 500 times": (_get(query=b"&".join([b"query=" + WHERE] * 500)), "refused"),
        "query in the address and as the body": (_post(ASK).replace(b"/sparql", b"/sparql?query=" + WHERE), "refused"),
        "query in the address and the form": (
            _post(b"query=" + WHERE, kind=FORM).replace(b"/sparql", b"/sparql?query=" + WHERE),
            "refused",
        ),
        "query in capitals": (_get(query=b"QUERY=" + WHERE, path=b"/sparql"), "either"),
        "query as a list": (_get(query=b"query[]=" + WHERE), "either"),
        "empty query": (_get(query=b"query="), "refused"),
        "no query in a form": (_post(b"x=y", kind=FORM), "refused"),
        "update": (_get(query=b"update=" + update), "refused"),
        "update by form": (_post(b"update=" + update, kind=FORM), "refused"),
        "update beside a query": (_post(b"query=" + WHERE + b"&update=" + update, kind=FORM), "refused"),
        "update as a query": (_get(query=b"query=" + update), "refused"),
        "graph from elsewhere": (_get(query=b"query=" + WHERE + b"&default-graph-uri=" + remote), "either"),
        "named graph from elsewhere": (_get(query=b"query=" + WHERE + b"&named-graph-uri=" + remote), "either"),
        "graph by form": (_post(b"query=" + WHERE + b"&default-graph-uri=" + remote, kind=FORM), "either"),
        "900 graphs": (_get(query=b"query=" + WHERE + (b"&named-graph-uri=" + remote) * 900), "either"),
        "graph that is no IRI": (_get(query=b"query=" + WHERE + b"&default-graph-uri=x%20y"), "refused"),
        "graph with an end in it": (_get(query=b"query=" + WHERE + b"&default-graph-uri=urn:x%3E%20%7B"), "refused"),
        "graph of a file": (
            _get(query=b"query=" + WHERE + b"&default-graph-uri=file%3A%2F%2F%2Fetc%2Fpasswd"),
            "either",
        ),
        "using a graph": (_get(query=b"query=" + WHERE + b"&using-graph-uri=" + remote), "refused"),
        # ---- several at once
        "100 requests in a row": (_get() * 99 + _get(b"Connection: close\r\n"), "answered"),
        "a good and a bad one": (_get() + b"x" * 500 + b"\r\n\r\n", "either"),
    }
