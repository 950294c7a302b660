"""The HTTP interface. Paths are those of the service that it takes the place of."""

from __future__ import annotations

import csv
import logging
import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator  # noqa: TC003 - the framework reads annotations
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Body, FastAPI, File, Form, Header, HTTPException, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from amazon_asin_match.errors import ConfigurationError, InputFileError, JobStateError, MatchError
from amazon_asin_match.files.table import LARGEST_FILE
from amazon_asin_match.files.write import FORMATS
from amazon_asin_match.jobs.create import Options, create_job
from amazon_asin_match.jobs.results import MOST_OF_A_PAGE, read_results, write_file
from amazon_asin_match.progress import progress_of
from amazon_asin_match.scoring.verdict import LEAD, THRESHOLD, Status
from amazon_asin_match.service.access import Access
from amazon_asin_match.store.logs import LEVELS, MOST_LINES, read_log
from amazon_selling_partner import SellingPartnerError

if TYPE_CHECKING:
    from amazon_asin_match.service.configuration import Configuration
    from amazon_asin_match.service.worker import Worker
    from amazon_asin_match.store.jobs import Job, Jobs

logger = logging.getLogger(__name__)

_PIECE: Final = 1 << 20
_SAFE = re.compile(r"[^\w.\- ]+")
PAGE = Path(__file__).with_name("page.html")


class CodeList(BaseModel):
    """A job of codes without a file."""

    name: str = ""
    marketplace: str = ""
    codes: list[str] = Field(min_length=1, max_length=1_000_000)
    threshold: float = THRESHOLD
    lead: float = LEAD


def make_app(
    jobs: Jobs,
    configuration: Configuration,
    worker: Worker,
    folder: Path,
    token: str,
    *,
    largest: int = LARGEST_FILE,
) -> FastAPI:
    """The application.

    Args:
        jobs: The jobs.
        configuration: The settings that calls are made with.
        worker: Works on the jobs while the application runs.
        folder: Where uploads are kept.
        token: What callers send as Bearer token.
        largest: Bytes of an upload.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker.start()
        yield
        await run_in_threadpool(worker.stop)

    app = FastAPI(
        title="Codes to ASINs",
        description="Jobs that find the ASINs of EANs, UPCs, GTINs, ISBNs, JANs and MINSANs.",
        version="1",
        lifespan=lifespan,
        redoc_url=None,
    )
    app.add_middleware(Access, token=token, largest=largest)
    _add_refusals(app)
    _add_configuration(app, configuration)
    _add_jobs(app, jobs, configuration, worker, folder)
    _add_results(app, jobs)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(
            PAGE.read_text(encoding="utf-8"),
            headers={
                "content-security-policy": "default-src 'self'; style-src 'unsafe-inline'; "
                "script-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
                "x-content-type-options": "nosniff",
            },
        )

    @app.get("/api/v1/health")
    def health() -> dict[str, str]:
        """Say that the service runs."""
        return {"status": "ok"}

    return app


def _add_refusals(app: FastAPI) -> None:
    def refuse(status: int) -> Any:  # noqa: ANN401 - the framework's type
        def handler(_: Request, error: Exception) -> JSONResponse:
            return JSONResponse({"detail": str(error)}, status)

        return handler

    app.add_exception_handler(JobStateError, refuse(409))
    app.add_exception_handler(InputFileError, refuse(422))
    app.add_exception_handler(ConfigurationError, refuse(422))
    app.add_exception_handler(MatchError, refuse(400))
    app.add_exception_handler(SellingPartnerError, refuse(502))


def _add_configuration(app: FastAPI, configuration: Configuration) -> None:
    @app.get("/api/v1/amazon/config")
    def show_config() -> dict[str, Any]:
        """The settings; of a secret only whether it is set."""
        return configuration.shown()

    @app.put("/api/v1/amazon/config")
    def change_config(changes: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        """Change settings; they are checked first, and secrets are never shown again."""
        return configuration.change(changes)

    @app.post("/api/v1/amazon/test")
    def test_config(marketplace: str = "") -> dict[str, str]:
        """Make one call to Amazon's catalog."""
        place = configuration.marketplace(marketplace)
        client = configuration.settings().client(place)
        try:
            client.search_catalog(["9783161484100"], "EAN", place.id, ["summaries"])
        finally:
            client.close()
        return {"status": "ok", "detail": f"The catalog of {place.country} answers."}


def _found(jobs: Jobs, job_id: str) -> Job:
    try:
        return jobs.get(job_id)
    except JobStateError as error:
        raise HTTPException(404, str(error)) from None


def _add_jobs(  # noqa: C901 - a list of routes
    app: FastAPI, jobs: Jobs, configuration: Configuration, worker: Worker, folder: Path
) -> None:
    base = "/api/v1/code2asin/jobs"

    def begin(path: Path, name: str, marketplace: str, options: Options, key: str) -> JSONResponse:
        try:
            job = create_job(
                jobs,
                path,
                configuration.marketplace(marketplace),
                name=name,
                seller_id=configuration.settings().seller_id,
                options=options,
                idempotency_key=key or None,
            )
        except Exception:
            path.unlink(missing_ok=True)
            raise
        worker.wake()
        return JSONResponse(progress_of(job), 201, {"location": f"{base}/{job.id}"})

    @app.get(base)
    def list_jobs(limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[dict[str, Any]]:
        """List the jobs, the newest first."""
        return [progress_of(job) for job in jobs.all(limit)]

    @app.post(base, status_code=201)
    def upload(  # noqa: PLR0917 - a form's fields
        file: Annotated[UploadFile, File(description="CSV, Excel or Parquet, up to 100 MB")],
        name: Annotated[str, Form()] = "",
        marketplace: Annotated[str, Form(description="Country code or marketplace id")] = "",
        code_column: Annotated[str, Form()] = "",
        threshold: Annotated[float, Form()] = THRESHOLD,
        lead: Annotated[float, Form()] = LEAD,
        idempotency_key: Annotated[str, Header(max_length=200)] = "",
    ) -> JSONResponse:
        """Create a job of a file; it begins by itself."""
        given = Path(file.filename or "codes.csv").name
        path = folder / f"{uuid.uuid4().hex}{Path(given).suffix.lower()[:8]}"
        with path.open("wb") as target:
            while piece := file.file.read(_PIECE):
                target.write(piece)
        columns = {"code": code_column} if code_column else {}
        options = Options(columns, threshold=threshold, lead=lead)
        return begin(path, name or _safe(given), marketplace, options, idempotency_key)

    @app.post(f"{base}/codes", status_code=201)
    def from_codes(
        wanted: CodeList, idempotency_key: Annotated[str, Header(max_length=200)] = ""
    ) -> JSONResponse:
        """Create a job of a list of codes."""
        path = folder / f"{uuid.uuid4().hex}.csv"
        with path.open("w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target)
            writer.writerow(["code"])
            writer.writerows([code] for code in wanted.codes)
        options = Options({"code": "code"}, threshold=wanted.threshold, lead=wanted.lead)
        return begin(path, wanted.name or "codes", wanted.marketplace, options, idempotency_key)

    @app.get(base + "/{job_id}")
    def show_job(job_id: str) -> dict[str, Any]:
        """Show a job: its state, counts, progress and an estimate."""
        return progress_of(_found(jobs, job_id))

    @app.post(base + "/{job_id}/pause")
    def pause(job_id: str) -> dict[str, Any]:
        """Pause a job."""
        return progress_of(jobs.wish(_found(jobs, job_id).id, "pause"))

    @app.post(base + "/{job_id}/cancel")
    def cancel(job_id: str) -> dict[str, Any]:
        """Cancel a job for good."""
        return progress_of(jobs.wish(_found(jobs, job_id).id, "cancel"))

    @app.post(base + "/{job_id}/resume")
    def resume(job_id: str) -> dict[str, Any]:
        """Have a paused, interrupted or failed job claimed again."""
        job = jobs.reopen(_found(jobs, job_id).id)
        worker.wake()
        return progress_of(job)

    @app.delete(base + "/{job_id}", status_code=204)
    def delete(job_id: str) -> None:
        """Delete a job with its upload, results and log."""
        job = _found(jobs, job_id)
        jobs.delete(job.id)
        path = Path(job.input_path)
        if path.parent == folder.resolve():
            path.unlink(missing_ok=True)

    @app.get(base + "/{job_id}/logs")
    def logs(
        job_id: str,
        level: str = "debug",
        skip: Annotated[int, Query(ge=0, description="The id of the last line that is known")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 50,
    ) -> list[Any]:
        """Read the log of a job from a level up: debug, info, warning or error."""
        if level not in LEVELS:
            raise HTTPException(422, f"'{level}' is not a level; use {', '.join(LEVELS)}.")
        found = _found(jobs, job_id)
        return list(read_log(jobs.engine, found.id, level=level, after=skip, limit=limit))


def _add_results(app: FastAPI, jobs: Jobs) -> None:
    base = "/api/v1/code2asin/jobs/{job_id}"

    @app.get(base + "/results")
    def results(
        job_id: str,
        status: str = "",
        min_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
        cursor: Annotated[int, Query(description="`next_cursor` of the page before")] = -1,
        limit: Annotated[int, Query(ge=1, le=MOST_OF_A_PAGE)] = 100,
    ) -> dict[str, Any]:
        """Read results page by page, by status and least confidence."""
        if status and status not in set(Status):
            raise HTTPException(422, f"'{status}' is not a status; use {', '.join(Status)}.")
        page = read_results(
            jobs.engine, _found(jobs, job_id).id,
            after=cursor, limit=limit, status=status, least=min_confidence,
        )  # fmt: skip
        full = len(page) == limit
        return {"results": page, "next_cursor": page[-1]["row"] if page and full else None}

    @app.get(base + "/download", response_class=StreamingResponse)
    def download(
        job_id: str, file_format: Annotated[str, Query(alias="format")] = ""
    ) -> StreamingResponse:
        """Download the input's rows with their results: csv, xlsx or parquet; as uploaded by default."""
        job = _found(jobs, job_id)
        source = Path(job.input_path)
        usual = FORMATS.get(source.suffix, "xlsx")
        kind = file_format or usual
        if kind not in set(FORMATS.values()):
            raise HTTPException(422, f"'{kind}' is not a format; use csv, xlsx or parquet.")
        with tempfile.NamedTemporaryFile(suffix=f".{kind}", delete=False) as file:
            path = Path(file.name)
        try:
            table = Options.of(job.options).open(source)
            write_file(jobs.engine, job.id, job.rows, table, path)
        except Exception:
            path.unlink(missing_ok=True)
            raise
        name = f"{_safe(Path(job.name).stem) or 'matches'}.matched.{kind}"
        ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
        return StreamingResponse(
            _pieces(path),
            media_type="application/octet-stream",
            headers={
                "content-disposition": f'attachment; filename="{ascii_name}"',
                "content-length": str(path.stat().st_size),
            },
            background=BackgroundTask(path.unlink, missing_ok=True),
        )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _safe(name: str) -> str:
    """A name for a file or a job: no path, no quote, no control character."""
    return _SAFE.sub("_", name).strip()[:120]
