/** Puts an InfluxQL question to a server and hands the answer over piece by piece, so that memory does not grow with it. */
import { type AnswerSeries, parseAnswer } from '#ingest/influx/query/answer.ts';
import { callsOf } from '#ingest/influx/target.ts';
import { HistoryUnreadError, type InfluxTarget } from '#model/history.ts';

export type AskLimits = {
  /** Between two pieces of an answer. */
  readonly pieceMs: number;
  /** For an answer as a whole. */
  readonly totalMs: number;
  /** Rows in a piece. */
  readonly rows: number;
  /** Characters of a piece; more is no answer of ours. */
  readonly chars: number;
};
export const ASK_LIMITS: AskLimits = { pieceMs: 60_000, totalMs: 900_000, rows: 10_000, chars: 64_000_000 };

export type Ask = (query: string, signal?: AbortSignal) => AsyncGenerator<AnswerSeries>;

const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 429 && status !== 408;

const tooMuch = (chars: number) =>
  new HistoryUnreadError({ kind: 'tooMuch', message: `InfluxDB sent a piece of more than ${chars} characters` });

/** Lines of a body; a piece of an answer is one. */
async function* linesOf(body: ReadableStream<Uint8Array>, limits: AskLimits, late: { touch: () => void }) {
  const decoder = new TextDecoder();
  let waiting = '';
  for await (const part of body) {
    late.touch();
    waiting += decoder.decode(part, { stream: true });
    for (let end = waiting.indexOf('\n'); end >= 0; end = waiting.indexOf('\n')) {
      const line = waiting.slice(0, end);
      waiting = waiting.slice(end + 1);
      if (line.trim() !== '') yield line;
    }
    if (waiting.length > limits.chars) throw tooMuch(limits.chars);
  }
  if (waiting.trim() !== '') yield waiting;
}

/** Ends the request when nothing has come for too long. */
function openLateness(limits: AskLimits, stopping: AbortSignal, also: AbortSignal | undefined) {
  const late = new AbortController();
  const total = setTimeout(() => late.abort(new Error(`no whole answer in ${limits.totalMs} ms`)), limits.totalMs);
  let piece: NodeJS.Timeout | undefined;
  const touch = (): void => {
    clearTimeout(piece);
    piece = setTimeout(() => late.abort(new Error(`silent for ${limits.pieceMs} ms`)), limits.pieceMs);
  };
  touch();
  const signals = [late.signal, stopping, ...(also === undefined ? [] : [also])];
  const close = (): void => {
    clearTimeout(total);
    clearTimeout(piece);
  };
  return { signal: AbortSignal.any(signals), touch, close };
}

export function openAsk(
  target: InfluxTarget,
  token: () => string | undefined,
  stopping: AbortSignal,
  limits: AskLimits = ASK_LIMITS,
): Ask {
  return async function* ask(query, also) {
    const late = openLateness(limits, stopping, also);
    try {
      // By GET and in the address: the one way that every version documents for what only reads.
      const { url, queryPath, headers } = callsOf(target, token());
      const address = `${url.replace(/\/+$/, '')}${queryPath(query)}&chunked=true&chunk_size=${limits.rows}`;
      const answer = await fetch(address, { headers, signal: late.signal, redirect: 'error' });
      if (!answer.ok) {
        const said = parseAnswer(await answer.text());
        const message = `InfluxDB answered ${answer.status}${said.ok ? '' : `: ${said.error}`}`;
        throw new HistoryUnreadError({ kind: isRefusal(answer.status) ? 'refused' : 'away', message });
      }
      if (answer.body === null) return;
      for await (const line of linesOf(answer.body, limits, late)) {
        const piece = parseAnswer(line);
        if (!piece.ok) throw new HistoryUnreadError({ kind: 'refused', message: `InfluxDB: ${piece.error}` });
        // VictoriaMetrics answers every question with its one database: that is no answer, and must not look like a gap.
        if (piece.value.some(({ name }) => name === 'databases'))
          throw new HistoryUnreadError({ kind: 'refused', message: `${target.url} knows no InfluxQL` });
        yield* piece.value;
      }
    } catch (cause) {
      if (cause instanceof HistoryUnreadError) throw cause;
      const why = late.signal.aborted ? late.signal.reason : cause;
      const deeper = why instanceof Error && why.cause !== undefined ? `: ${String(why.cause)}` : '';
      const message = `InfluxDB at ${target.url} does not answer (${String(why)}${deeper})`;
      throw new HistoryUnreadError({ kind: 'away', message }, cause);
    } finally {
      late.close();
    }
  };
}
