#!/usr/bin/env bash
# Fetches the source of memcached 1.6.18, as Debian 12 has it, and prints the folder of its t/.
# It needs apt-get and curl-less access to a Debian mirror; nothing of the system is changed: the
# list of sources, the package lists and the cache are this script's own.
#
#   memcached-source.sh FOLDER
set -euo pipefail

folder=${1:?usage: memcached-source.sh FOLDER}
version=1.6.18
suite=bookworm
found=$folder/memcached-$version/t
if [ -f "$found/lib/MemcachedTest.pm" ]; then
  echo "$found"
  exit 0
fi

mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
folder=$(cd "$folder" && pwd)
mirror=$(sed -nE 's/^URIs: +(https?:[^ ]+\/debian)\/?$/\1/p; s/^deb +(https?:[^ ]+\/debian)\/? .*/\1/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 || true)
echo "deb-src ${mirror:-http://deb.debian.org/debian} $suite main" >"$folder/sources.list"

apt () {
  apt-get -qq -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=- \
    -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User= "$@"
}

cd "$folder"
apt update >&2
apt source --download-only memcached >&2
tar -xf "memcached_$version".orig.tar.*
[ -f "$found/lib/MemcachedTest.pm" ]
echo "$found"
