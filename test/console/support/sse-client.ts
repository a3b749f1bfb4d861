/** Reads a stream of server-sent events and waits, with a limit, for the one that a test asks for. */

export type SseEvent = { readonly id: string | undefined; readonly event: string; readonly data: unknown };

export async function openSse(url: string, headers: Record<string, string>) {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const events: SseEvent[] = [];
  let wake = () => {};
  let ended = false;
  const parse = (block: string) => {
    const field = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const data = field('data');
    if (data !== undefined)
      events.push({ id: field('id'), event: field('event') ?? 'message', data: JSON.parse(data) as unknown });
  };
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      blocks.forEach(parse);
      wake();
    }
  };
  const reading = read()
    .catch(() => {})
    .finally(() => {
      ended = true;
      wake();
    });
  const until = async <T>(look: () => T | undefined | false, what: string, limitMs = 5_000): Promise<T> => {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw new Error(`no ${what} in ${limitMs} ms; got ${JSON.stringify(events).slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return {
    response,
    events,
    next: (name: string, match: (data: Record<string, unknown>) => boolean = () => true, limitMs?: number) =>
      until(
        () => events.find((event) => event.event === name && match(event.data as Record<string, unknown>)),
        name,
        limitMs,
      ),
    closed: (limitMs?: number) => until(() => ended, 'end of the stream', limitMs),
    close: async () => {
      abort.abort();
      await reading;
    },
  };
}
