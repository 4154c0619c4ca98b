# shellcheck shell=bash
# /docker-entrypoint-initdb.d: in the order of names, each to its end; the first failure ends the first start.
# (manual of the library's image: "Initialization scripts")

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    # No file at all leaves the pattern itself.
    [[ -e $file || -L $file ]] || continue
    if [[ -d $file ]]; then
      detail "passing over $file: a folder"
      continue
    fi
    [[ -r $file ]] || fail "uid $(id -u) may not read $file" "give it read permission"
    run_init_file "$file"
  done
}

run_init_file() {
  local file=$1
  case $file in
    *.sh)
      if [[ -x $file ]]; then
        say "running $file"
        run "$file" || init_file_failed "$file" $?
      else
        say "sourcing $file"
        source_init_file "$file" || init_file_failed "$file" $?
      fi
      ;;
    *.sql) apply_sql "$file" sql "$POSTGRES_DB" --file="$file" ;;
    *.sql.gz) apply_sql "$file" unpack_sql gzip "$file" ;;
    *.sql.xz) apply_sql "$file" unpack_sql xz "$file" ;;
    *.sql.zst) apply_sql "$file" unpack_sql zstd "$file" ;;
    *) say "passing over $file: not *.sh, *.sql, *.sql.gz, *.sql.xz or *.sql.zst" ;;
  esac
}

# apply_sql FILE COMMAND...
apply_sql() {
  local file=$1
  shift
  say "applying $file"
  run "$@" || init_file_failed "$file" $?
}

# unpack_sql PROGRAM FILE: fails also when the file is cut off (pipefail), although psql is content with what came.
unpack_sql() { "$1" --decompress --stdout <"$2" | sql "$POSTGRES_DB"; }

# In a shell of its own, so that no name of the file meets one of ours and its `exit` ends the file alone; what it
# exports reaches the files after it.
source_init_file() {
  local exported="$first_start_folder/exported"
  : >"$exported"
  # shellcheck disable=SC2016
  run bash -Eeo pipefail -c '. "$1"; set -o posix; export -p >"$2"' docker-entrypoint.sh "$1" "$exported" || return $?
  # shellcheck source=/dev/null
  . "$exported"
}

init_file_failed() {
  fail "$1 failed with code $2" "correct it; the next start begins the first start again, with an empty cluster"
}
