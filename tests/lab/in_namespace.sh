#!/bin/sh
# A browser in a network namespace. It is driven over pipes, so the one who started it may be in another.
exec "$LAB_IP" netns exec "$LAB_NAMESPACE" "$LAB_BROWSER" "$@"
