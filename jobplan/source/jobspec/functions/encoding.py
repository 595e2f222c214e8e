"""spec: jobspec §13.5 (YAML is in `yamltext`)"""

from __future__ import annotations

import base64
import binascii
import csv
import urllib.parse

from jobplan.source.jobspec.functions import jsontext
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function
from jobplan.source.jobspec.functions.strings import bounded
from jobplan.source.jobspec.functions.yamltext import decode_yaml, encode_yaml
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import DYNAMIC, STRING, Value, list_of, object_of, object_value, sequence, string


def _base64encode(a: list[Value], scope: Scope) -> Value:
    return string(base64.b64encode(a[0].text.encode("utf-8", "surrogatepass")).decode())


def _base64decode(a: list[Value], scope: Scope) -> Value:
    text = a[0].text
    try:
        if not text.isascii():
            raise ValueError
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError(f"failed to decode base64 data '{text}'") from None
    try:
        return string(data.decode())
    except UnicodeDecodeError:
        raise FunctionError("the result of decoding the the provided string is not valid UTF-8") from None


def _urlencode(a: list[Value], scope: Scope) -> Value:
    return string(urllib.parse.quote_plus(a[0].text, safe="-_.~"))


def _jsonencode(a: list[Value], scope: Scope) -> Value:
    text = jsontext.encode(a[0])
    bounded(len(text), scope)
    return string(text)


def _jsondecode(a: list[Value], scope: Scope) -> Value:
    scope.session.budget.charge(len(a[0].text) // 8)
    return jsontext.decode(a[0].text)


def _csvdecode(a: list[Value], scope: Scope) -> Value:
    """spec: jobspec §13.5 `csvdecode`"""
    rows = _csv_rows(a[0].text)
    if not rows:
        raise FunctionError("missing header line")
    header = rows[0][1]
    scope.session.budget.charge(len(rows) * len(header))
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise FunctionError(f'duplicate column name "{name}"')
        seen.add(name)
    records: list[Value] = []
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise FunctionError(f"CSV parse error on line {line}: wrong number of fields")
        records.append(object_value(dict(zip(header, map(string, row)))))
    return sequence(list_of(object_of(dict.fromkeys(header, STRING))), records)


def _csv_rows(text: str) -> list[tuple[int, list[str]]]:
    """(line, fields) of all rows that are not blank."""
    lines = text.replace("\r\n", "\n").splitlines(keepends=True)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(iter(lines), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return rows
        except csv.Error:
            reason = 'extraneous or missing " in quoted-field'
            raise FunctionError(f"CSV parse error on line {line}: {reason}") from None
        if any('"' in field and not _was_quoted(lines[line - 1 : reader.line_num], field) for field in row):
            raise FunctionError(f'CSV parse error on line {line}: bare " in non-quoted-field')
        if row:
            rows.append((line, row))


def _was_quoted(lines: list[str], field: str) -> bool:
    return '"' + field.replace('"', '""') + '"' in "".join(lines)


def _yamlencode(a: list[Value], scope: Scope) -> Value:
    text = encode_yaml(a[0])
    bounded(len(text), scope)
    return string(text)


def _yamldecode(a: list[Value], scope: Scope) -> Value:
    scope.session.budget.charge(len(a[0].text) // 2)
    return decode_yaml(a[0].text, scope)


FUNCTIONS: tuple[Function, ...] = (
    function("base64encode", "str:str", STRING, _base64encode),
    function("base64decode", "str:str", STRING, _base64decode),
    function("urlencode", "str:str", STRING, _urlencode),
    function("jsonencode", "val:any?", STRING, _jsonencode),
    function("jsondecode", "str:str", DYNAMIC, _jsondecode),
    function("csvdecode", "str:str", DYNAMIC, _csvdecode),
    function("yamlencode", "value:any?", STRING, _yamlencode),
    function("yamldecode", "src:str", DYNAMIC, _yamldecode),
)
