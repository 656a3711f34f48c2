#!/bin/sh
# Makes the database with its two roles: the one that owns the tables, and the one as which services come, which owns
# nothing. PostgreSQL's own image runs it once, with an empty data folder.
set -eu
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres \
  --set=owner_password="$TURNDOWN_OWNER_PASSWORD" --set=service_password="$TURNDOWN_SERVICE_PASSWORD" <<'SQL'
CREATE ROLE turndown_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE turndown_service LOGIN PASSWORD :'service_password';
CREATE DATABASE turndown OWNER turndown_owner;
REVOKE CONNECT ON DATABASE turndown FROM PUBLIC;
GRANT CONNECT ON DATABASE turndown TO turndown_service;
SQL
