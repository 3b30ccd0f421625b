"""What the page may do (Content-Security-Policy, W3C level 3). The frames of cards inherit it, and have less."""

from __future__ import annotations


def policy(scripts: str, connections: str) -> str:
    """Return the policy of the page: where scripts may come from, and where it may ask.

    Cards bring styles of their own, so these are allowed; no script of theirs is. Nothing leads outside. Texts become
    documents and addresses of scripts only through the one policy of Trusted Types that source.js makes.
    """
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"media-src 'self' data:; font-src 'self' data:; connect-src {connections}; frame-src 'none'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types deckgen"
    )
