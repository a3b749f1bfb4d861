/** Keeps the stream open: resumes by its last id, notices silence, and asks for a sign-in when the session is over. */
import type { AlertJson, ReadingJson } from './api.ts';
import { checkSession, loadAll, markDown, takeAlert, takeClock, takeReadings } from './store.ts';

/** The server sends at least every 15 s. */
const SILENT_MS = 25_000;
const RETRY_MS = 2_000;

type Clock = { readonly nowMs: number; readonly rate: number; readonly registryVersion: string };

/** Opens the stream and holds it until the returned function is called. */
export function followStream(): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let lastId = '';
  let stopped = false;
  let registryVersion = '';

  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(reconnect, SILENT_MS);
  };
  const data = <T>(event: Event): T => {
    heard();
    const message = event as MessageEvent<string>;
    if (message.lastEventId !== '') lastId = message.lastEventId;
    return JSON.parse(message.data) as T;
  };

  function reconnect(): void {
    source?.close();
    markDown();
    clearTimeout(retry);
    retry = setTimeout(async () => {
      if (!stopped && (await checkSession())) open();
    }, RETRY_MS);
  }

  async function load(): Promise<void> {
    if (!(await loadAll()) && !stopped) reconnect();
  }

  function open(): void {
    if (stopped) return;
    source?.close();
    source = new EventSource(`/api/v1/stream${lastId === '' ? '' : `?after=${lastId}`}`);
    source.addEventListener('hello', (event) => {
      const hello = data<Clock>(event);
      takeClock(hello.nowMs, hello.rate);
      registryVersion = hello.registryVersion;
      // A resumed stream brings the alerts that changed; readings and the county are loaded anew either way.
      void load();
    });
    source.addEventListener('lag', (event) => {
      const lag = data<Clock>(event);
      takeClock(lag.nowMs, lag.rate);
      // The county's files have changed.
      if (lag.registryVersion !== registryVersion) void load();
      registryVersion = lag.registryVersion;
    });
    source.addEventListener('alert', (event) => takeAlert(data<AlertJson>(event)));
    source.addEventListener('state', (event) =>
      takeReadings(data<{ readonly readings: readonly ReadingJson[] }>(event).readings),
    );
    source.onerror = reconnect;
    heard();
  }

  open();
  return () => {
    stopped = true;
    clearTimeout(retry);
    clearTimeout(silence);
    source?.close();
  };
}
