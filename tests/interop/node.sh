# Sourced by the scripts beside it: sets node_tools to a folder with the npm packages of $packages (name@version),
# unpacked once into target/$node_name. None of their own scripts runs, and what they depend on is not fetched.
node_tools=$here/../../target/$node_name
if [ "$(cat "$node_tools/packages" 2>/dev/null)" != "$packages" ]; then
    rm -rf "$node_tools"
    mkdir -p "$node_tools"
    for package in $packages; do
        folder=$node_tools/${package%@*}
        mkdir -p "$folder"
        if ! archive=$(cd "$node_tools" && npm pack --silent --ignore-scripts "$package") \
            || ! tar -xzf "$node_tools/$archive" -C "$folder" --strip-components=1; then
            echo "cannot fetch $package with npm" >&2
            return 1
        fi
        rm "$node_tools/$archive"
    done
    echo "$packages" >"$node_tools/packages"
fi
