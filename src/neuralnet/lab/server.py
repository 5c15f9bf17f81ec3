"""The lab's server: the page, the network, the training and its events."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import json
import math
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from neuralnet.checks import check_name
from neuralnet.errors import InputError, NeuralNetError
from neuralnet.files import FileError
from neuralnet.interop.folding import fold_batch_norm
from neuralnet.lab.digits import LabDigits, lab_digits
from neuralnet.lab.events import Broadcast
from neuralnet.lab.security import Guard
from neuralnet.lab.session import MODES, Session, TrainingExistsError
from neuralnet.lab.settings import (
    DATA,
    LabSettings,
    check_label,
    check_picture,
    check_rate,
    choices,
)
from neuralnet.lab.single_file import single_file
from neuralnet.lab.slow_motion import slow_motion
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.digit_detector import FILE as DIGIT_DETECTOR

PAGE = Path(__file__).parent / "page"
MAX_SETTINGS = 10_000  # bytes of JSON
MAX_PHOTO = 30_000_000  # bytes; a phone's photo has 2 to 12 million
BODY_SECONDS = 20.0  # for a body to arrive
BINARY = "application/octet-stream"


class Refused(Exception):  # noqa: N818
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Lab:
    """The answers to the page's requests.

    Parameters
    ----------
    model : NeuralNetMLP
        Network that the page opens with: 784 inputs, the pixels of a digit, and 10 classes.
    name : str
        What the page calls it.
    """

    def __init__(self, model: NeuralNetMLP, name: str) -> None:
        self.events = Broadcast()
        self.session = Session(model, name, self.events.publish)
        self._loading = asyncio.Lock()
        self._preloaded = False
        self._reading = asyncio.Lock()  # a photo takes seconds and up to a few 100 MB

    def close(self) -> None:
        """End the event streams and the training."""
        self.events.close()
        self.session.reset()

    async def describe(self, request: Request) -> Response:
        """Return what can be chosen, and the name of the network."""
        return JSONResponse({**choices(), "data": DATA, "name": self.session.name})

    async def network(self, request: Request) -> Response:
        """Return the network, as a safetensors file."""
        content = await run_in_threadpool(self.session.network_file)
        # The sample takes seconds to load, so that begins as soon as the page stands.
        background = None if self._preloaded else BackgroundTask(self._digits, LabSettings())
        self._preloaded = True
        return Response(content, media_type=BINARY, background=background)

    async def digit_detector(self, request: Request) -> Response:
        """Return the network that tells digits from other drawings, as a safetensors file."""
        return FileResponse(DIGIT_DETECTOR, media_type=BINARY)

    async def single_page(self, request: Request) -> Response:
        """Return the network with a drawing pad, as one HTML file."""
        content = await run_in_threadpool(self.session.network_file)
        return Response(single_file(content), media_type="text/html")

    async def stream(self, request: Request) -> Response:
        """Send the state of the training, and then each event."""
        stream = self.events.stream(self._state, self._pause)
        return StreamingResponse(stream, media_type="text/event-stream")

    def _state(self) -> dict[str, Any]:
        training = self.session.training
        return {"event": "state", "training": None if training is None else training.state}

    def _pause(self) -> None:
        """Pause the training that nobody watches."""
        training = self.session.training
        if training is not None and training.state["mode"] in MODES:
            with contextlib.suppress(NeuralNetError):
                training.command("pause")

    async def training(self, request: Request) -> Response:
        """Start a training, paused; one that nobody watches is replaced. Or end it."""
        if request.method == "DELETE":
            await run_in_threadpool(self.session.reset)
            return JSONResponse({"reset": True})
        settings = LabSettings.from_request(await _json(request))
        await self._start(settings, pretrained=False)
        return JSONResponse({"started": True}, 201)

    async def _digits(self, settings: LabSettings) -> LabDigits:
        """Return the digits of a training; each data set is loaded once."""
        arguments = (settings.data, settings.examples, settings.seed)
        async with self._loading:
            return await run_in_threadpool(lab_digits, *arguments)

    async def _start(self, settings: LabSettings, *, pretrained: bool) -> None:
        digits = await self._digits(settings)
        if not self.events.num_listeners:
            await run_in_threadpool(self.session.reset)
        start = functools.partial(self.session.start, settings, digits, pretrained=pretrained)
        await run_in_threadpool(start)

    async def command(self, request: Request) -> Response:
        """Run, pause, or run for one step or one epoch."""
        mode = check_name(request.path_params["mode"], MODES, "command")
        self.session.required().command(mode)
        return JSONResponse({"mode": mode})

    async def rate(self, request: Request) -> Response:
        """Change the learning rate of the training."""
        value = await _json(request)
        self.session.required().command("rate", rate=check_rate(value))
        return JSONResponse({"rate": value})

    async def teach(self, request: Request) -> Response:
        """Teach the network a drawing; starts a process for a network that is not in training."""
        label = check_label(request.query_params.get("label"))
        picture = check_picture(await _body(request, 784))
        if self.session.training is None:
            await self._start(LabSettings(), pretrained=True)
        training = self.session.required()
        training.command("teach", picture=picture.tobytes(), label=label)
        return JSONResponse({"teaching": label})

    async def slow_motion(self, request: Request) -> Response:
        """Return every stage of one step on one example, as a safetensors file."""
        from safetensors.numpy import save

        label = check_label(request.query_params.get("label"))
        rate = check_rate(_number(request, "rate"))
        picture = check_picture(await _body(request, 784))

        def compute() -> bytes:
            model = fold_batch_norm(self.session.network())
            tensors, numbers = slow_motion(model, picture, label, rate)
            return save(tensors, {"numbers": json.dumps(numbers)})

        return Response(await run_in_threadpool(compute), media_type=BINARY)

    async def digit(self, request: Request) -> Response:
        """Return one of the validation digits of the sample, with its label."""
        index = int(_number(request, "index"))
        digits = await self._digits(LabSettings())
        index %= len(digits.y_valid)
        picture = base64.b64encode(digits.X_valid[index].tobytes()).decode()
        return JSONResponse({"label": int(digits.y_valid[index]), "picture": picture})

    async def read(self, request: Request) -> Response:
        """Read the digits in a photo."""
        from neuralnet.reading.reader import read_digits

        photo = await _body(request, MAX_PHOTO)
        if self._reading.locked():
            raise Refused(429, "Another photo is being read. Try again in a few seconds.")
        async with self._reading:
            reading = await run_in_threadpool(read_digits, photo)
        digits = [
            {"box": one.box, "label": one.label, "confidence": one.confidence}
            for one in reading.digits
        ]
        height, width = reading.size
        return JSONResponse(
            {
                "height": height,
                "width": width,
                "digits": digits,
                "text": str(reading),
                "notes": list(reading.notes),
            }
        )


def create_app(lab: Lab, hosts: Iterable[str] = (), token: str | None = None) -> Starlette:
    """Return the ASGI application of a lab; see `Guard` for the other arguments."""
    routes = [
        Route("/api/lab", lab.describe),
        Route("/api/network", lab.network),
        Route("/api/digit-detector", lab.digit_detector),
        Route("/api/single-page", lab.single_page),
        Route("/api/events", lab.stream),
        Route("/api/digit", lab.digit),
        Route("/api/training", lab.training, methods=["POST", "DELETE"]),
        Route("/api/training/rate", lab.rate, methods=["PUT"]),
        Route("/api/training/{mode}", lab.command, methods=["POST"]),
        Route("/api/teach", lab.teach, methods=["POST"]),
        Route("/api/slow-motion", lab.slow_motion, methods=["POST"]),
        Route("/api/read", lab.read, methods=["POST"]),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        lab.close()

    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        exception_handlers={
            Refused: _error_response,
            NeuralNetError: _error_response,
            MemoryError: _error_response,
        },
        lifespan=lifespan,
    )


def _error_response(_: Request, error: Exception) -> Response:
    """Return an error as a sentence in JSON."""
    if isinstance(error, Refused):
        status = error.status
    elif isinstance(error, TrainingExistsError):
        status = 409
    else:
        status = 400 if isinstance(error, InputError | FileError) else 503
    message = str(error) or "There is not enough memory for this."
    return JSONResponse({"error": message}, status)


async def _body(request: Request, limit: int) -> bytes:
    """Return the body of a request; refuse one that is too large or too slow."""
    declared = request.headers.get("content-length", "0")
    content = bytearray()
    try:
        if declared.isdecimal() and int(declared) > limit:
            raise Refused(413, f"The request has more than {limit:,} bytes, the limit here.")
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limit:
                    raise Refused(
                        413, f"The request has more than {limit:,} bytes, the limit here."
                    )
    except TimeoutError as error:
        raise Refused(408, "The request took too long to arrive.") from error
    except ClientDisconnect as error:
        raise Refused(400, "The connection was closed in the middle of the request.") from error
    return bytes(content)


async def _json(request: Request) -> Any:
    """Return the JSON in the body of a request."""
    content = await _body(request, MAX_SETTINGS)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body of the request is not JSON.") from error


def _number(request: Request, name: str) -> float:
    """Return a finite number from the address of a request."""
    text = request.query_params.get(name, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{name} is {text[:40]!r}; it must be a number.")
    return value
