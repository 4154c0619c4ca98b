# shellcheck shell=bash
# What the entrypoint says, on standard error. No value of a setting that can be a secret is ever part of it: commands
# are not traced, and SQL is not echoed.

case ${POSTGRES_ENTRYPOINT_VERBOSITY:=normal} in
  quiet) entrypoint_verbosity=0 ;;
  debug) entrypoint_verbosity=2 ;;
  *) entrypoint_verbosity=1 ;;
esac

tell() { printf 'poststack-postgres: %s\n' "$1" >&2; }

# A step, at `normal` and `debug`.
say() { if ((entrypoint_verbosity >= 1)); then tell "$1"; fi; }

# What was found and decided, at `debug`.
detail() { if ((entrypoint_verbosity >= 2)); then tell "  $1"; fi; }

# At every level.
warn() { tell "warning: $1"; }

# fail WHAT NEXT: at every level, and the end.
fail() {
  tell "error: $1"
  tell "  next: $2"
  exit 1
}

case $POSTGRES_ENTRYPOINT_VERBOSITY in
  quiet | normal | debug) ;;
  *)
    fail "POSTGRES_ENTRYPOINT_VERBOSITY is \"$POSTGRES_ENTRYPOINT_VERBOSITY\"" \
      "set it to quiet, normal or debug"
    ;;
esac
