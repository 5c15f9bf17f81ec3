"""`neuralnet data`: manage the local copy of MNIST."""

from __future__ import annotations

import os
from pathlib import Path

import click

from neuralnet.cli.command import Command
from neuralnet.cli.output import echo_json, json_option, quiet_option
from neuralnet.errors import NeuralNetError


@click.group()
def data() -> None:
    """Download, verify, locate or delete MNIST.

    \b
    Example: neuralnet data fetch
             neuralnet data where --json
    """


@data.command(cls=Command)
@json_option
@quiet_option
def fetch(as_json: bool, quiet: bool) -> None:
    """Download MNIST (11 MB) from OpenML or a mirror, verify it, and cache it.

    If MNIST is already cached, nothing is downloaded.

    Example: neuralnet data fetch
    """
    from neuralnet.cli.progress import DownloadBar
    from neuralnet.data.cache import cache_folder, cached_files
    from neuralnet.data.sources import fetch_mnist

    folder = cache_folder()
    with DownloadBar() as progress:
        dataset = fetch_mnist(folder, progress=None if quiet or as_json else progress)
    if not cached_files(folder):
        raise NeuralNetError(
            f"MNIST was downloaded from {dataset.source}, but {folder} is not writable. Set the "
            f"environment variable NEURALNET_CACHE to another folder."
        )
    if as_json:
        echo_json({"from": dataset.source, "cache": str(folder), "images": len(dataset.labels)})
    else:
        click.echo(f"MNIST ({len(dataset.labels):,} images from {dataset.source}) is in {folder}")


@data.command(cls=Command)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@json_option
@quiet_option
def verify(folder: Path | None, as_json: bool, quiet: bool) -> None:
    """Check MNIST in FOLDER, or in the cache, against its checksums.

    Example: neuralnet data verify
    """
    from neuralnet.data.cache import cache_folder, verify_cache
    from neuralnet.data.sources import load_mnist

    if folder is None:
        where = f"the cache in {cache_folder()}"
        verify_cache(cache_folder())
    else:
        where = f"the folder {folder}"
        load_mnist(folder, source="mnist")
    if as_json:
        echo_json({"verified": where})
    elif not quiet:
        click.echo(f"MNIST in {where} matches its checksums.")


@data.command(cls=Command)
@json_option
def where(as_json: bool) -> None:
    """Show the folder and the cache that are searched for MNIST, in this order.

    Example: neuralnet data where
    """
    from neuralnet.data.cache import cache_folder, cached_files
    from neuralnet.data.dataset import FOLDER_VARIABLE

    named = os.environ.get(FOLDER_VARIABLE)
    cache = cache_folder()
    size = sum(path.stat().st_size for path in cached_files(cache))
    if as_json:
        echo_json({"folder": named, "cache": str(cache), "cached_bytes": size})
        return
    click.echo(f"Folder: {named or f'none ({FOLDER_VARIABLE} is not set)'}")
    click.echo(f"Cache: {cache} ({f'{size:,} bytes' if size else 'empty'})")


@data.command(cls=Command)
@json_option
@quiet_option
def clear(as_json: bool, quiet: bool) -> None:
    """Delete MNIST from the cache.

    Other files in the cache folder are kept.

    Example: neuralnet data clear
    """
    from neuralnet.data.cache import cache_folder, clear_cache

    folder = cache_folder()
    freed = clear_cache(folder)
    if as_json:
        echo_json({"cache": str(folder), "freed_bytes": freed})
    elif not quiet:
        result = f"Freed {freed:,} bytes in" if freed else "Nothing was cached in"
        click.echo(f"{result} {folder}")
