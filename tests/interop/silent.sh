# Sourced by the scripts beside it: counts what passed and what failed, and says what failed.
passed=0
failed=0

# silent WHAT COMMAND…: passes if the command ends well and says nothing.
silent() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1) && [ -z "$said" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $what"
        printf '%s\n' "$said" | head -n 20
    fi
}
