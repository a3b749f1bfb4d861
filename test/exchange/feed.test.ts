import { execFileSync, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { readAtom } from '#alerts/cap/atom.ts';
import { startFeeds } from '#alerts/io/atom/feeds.ts';
import { readXml } from '#alerts/io/cap/read-xml.ts';
import { sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import { checkCounty } from '#cli/load/county.ts';
import { atomFeed } from '#dashboards/api/atom.ts';
import type { DeskCommand } from '#model/command.ts';
import { openSteppedClock } from '#model/io/clock.ts';
import type { Registry } from '#model/registry.ts';
import { needs } from '#test/support/needs.ts';
import { registryPort, stageContext, until } from '../alerts/support.ts';
import { draft, openWarningDesk, type WarningDesk } from '../warnings/desk.ts';
import { mappedRegistry } from './support.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const giving = (): Registry => ({
  ...mappedRegistry(sampleRegistry()),
  exchange: { feeds: [], feed: { sender: '331004@yjj.example.invalid', minLevel: 'yellow', accepts: ['live'] } },
});

function deskOf(registry: Registry): WarningDesk {
  const desk = openWarningDesk(registry);
  closing.push(desk.close);
  return desk;
}

type Request = { readonly path: string; readonly etag: string | null };
/** A platform that gives a desk's feed as our console does; `change` may spoil an answer. */
async function platform(desk: WarningDesk, change: (path: string, body: string) => string | null = (_, body) => body) {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const etag = String(desk.readers.exchange.capEntries(500).length);
    const asked = request.headers['if-none-match'];
    requests.push({ path, etag: typeof asked === 'string' ? asked : null });
    if (path === '/feeds/cap.atom' && asked === `"${etag}"`) return response.writeHead(304).end();
    const id = /^\/feeds\/cap\/(.+)\.xml$/.exec(path)?.[1];
    const body =
      id === undefined
        ? atomFeed({
            base,
            countyCode: '331004',
            title: '青川县 CAP',
            entries: desk.readers.exchange.capEntries(500),
            nowMs: T0,
          })
        : desk.readers.exchange.capXml(id);
    const said = body === undefined ? null : change(path, body);
    if (said === null) return response.writeHead(500).end();
    response.setHeader('etag', `"${etag}"`);
    return response.end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  closing.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `${base}/feeds/cap.atom`, requests };
}

function poll(urls: readonly string[]) {
  const clock = openSteppedClock(T0);
  const given: DeskCommand[] = [];
  const feeds = urls.map((url, n) => ({ id: `f${n}`, url, pollMs: 60_000, tokenEnv: null }));
  const registry = registryPort({ ...sampleRegistry(), exchange: { feeds } });
  const { context, counts } = stageContext(clock);
  const service = startFeeds({ registry, give: (command) => given.push(command) }, context);
  closing.push(service.stop);
  return { given, counts, pass: (ms: number) => clock.advanceTo(clock.nowMs() + ms) };
}

const hasFeedparser = spawnSync('/usr/bin/python3', ['-c', 'import feedparser']).status === 0;

describe('the feed that a county gives', () => {
  test.skipIf(!needs('python3') || !hasFeedparser)(
    'is read by a peer (feedparser), and every entry leads to its message',
    () => {
      const desk = deskOf(giving());
      desk.warn({ action: 'issue', draft: draft({ headline: { zh: '暴雨<红>&"色"', en: 'x' } }) });
      desk.sees(transition({ n: 1, to: 'red' }));
      desk.sees(transition({ n: 2, to: 'red', point: 'P2', origin: 'simulated' }));
      desk.sees(transition({ n: 3, to: 'blue', point: 'P3' }));
      const entries = desk.readers.exchange.capEntries(10);
      expect(entries.map(({ type, level }) => `${type} ${level}`)).toEqual(['Alert red', 'Alert orange']);
      const xml = atomFeed({ base: 'http://127.0.0.1:1', countyCode: '331004', title: 'CAP', entries, nowMs: T0 });
      const script =
        'import feedparser,json,sys; f=feedparser.parse(sys.stdin.buffer.read()); print(json.dumps({"bozo": f.bozo, "ids": [e.id for e in f.entries], "titles": [e.title for e in f.entries], "links": [e.links[0] for e in f.entries], "dates": [e.updated_parsed is not None for e in f.entries]}))';
      const said = execFileSync('/usr/bin/python3', ['-c', script], { input: xml, encoding: 'utf8' });
      const seen = JSON.parse(said) as {
        bozo: unknown;
        titles: string[];
        links: { type: string; href: string }[];
        dates: boolean[];
      };
      expect(seen.bozo).toBeFalsy();
      expect(seen.titles[1]).toContain('暴雨<红>&"色"');
      expect(seen.dates).toEqual([true, true]);
      for (const [at, { type, href }] of seen.links.entries()) {
        expect(type).toBe('application/cap+xml');
        expect(href).toContain(entries[at]?.identifier);
      }
    },
  );
});

describe('a feed that is read', () => {
  test('brings each message once, oldest first, and asks only for what is new', async () => {
    const above = deskOf(giving());
    above.warn({ action: 'issue', draft: draft() });
    const here = deskOf(mappedRegistry());
    const { url, requests } = await platform(above);
    const { given, pass } = poll([url]);
    await until('the first', () => given.length === 1);
    above.warn({
      action: 'update',
      warningId: above.warnings(true)[0]?.id ?? '',
      areas: [{ gridCode: '331004001', level: 'red' }],
      expiresAtMs: null,
    });
    await until('the second', () => {
      pass(60_000);
      return given.length === 2;
    });
    await until('nothing new', () => {
      pass(60_000);
      return requests.filter(({ etag }) => etag === '"2"').length > 0;
    });
    expect(given).toHaveLength(2);
    expect(requests.filter(({ path }) => path.endsWith('.xml'))).toHaveLength(2);
    // The other county takes them: what was decreed there stands here.
    for (const command of given) expect(here.give(command).ok).toBe(true);
    expect(here.warnings(true).map(({ source, origin }) => `${source} ${origin}`)).toEqual(['f0 live']);
    expect(here.warnings(true)[0]?.areas.map(({ gridCode, level }) => `${gridCode} ${level}`)).toEqual(
      expect.arrayContaining(['331004001 red']),
    );
  });

  test('what could not be fetched is fetched at the next turn; one dead feed holds up no other', async () => {
    const above = deskOf(giving());
    above.warn({ action: 'issue', draft: draft() });
    let broken = true;
    const spoiled = await platform(above, (path, body) => (broken && path.endsWith('.xml') ? null : body));
    const good = await platform(above);
    const { given, counts, pass } = poll([spoiled.url, 'http://127.0.0.1:9/feeds/cap.atom', good.url]);
    await until('the good one', () => given.length === 1);
    broken = false;
    await until('the other one', () => {
      pass(60_000);
      return given.length === 2;
    });
    expect([...counts].find(([key]) => key.includes('feed_up') && key.includes('f1'))?.[1]).toBe(0);
  });

  test.each([
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><feed/>'],
    ['something else', '<html></html>'],
    ['no end', '<feed xmlns="http://www.w3.org/2005/Atom"><entry>'],
    ['too much', `<feed xmlns="http://www.w3.org/2005/Atom">${'<!-- x -->'.repeat(200_000)}</feed>`],
  ])('with %s is refused, and asked again later', async (_, body) => {
    const above = deskOf(giving());
    const { url } = await platform(above, () => body);
    const { given, counts } = poll([url]);
    await until('a failure', () => [...counts].some(([key, n]) => key.includes('"failed"') && n > 0));
    expect(given).toEqual([]);
  });

  test('does not make us knock at other doors', () => {
    const feed = (href: string) =>
      readXml(
        `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><updated>2022-06-03T00:00:00Z</updated><link href="${href}"/></entry></feed>`,
      );
    const linksOf = (href: string) => {
      const tree = feed(href);
      const read = tree.ok ? readAtom(tree.value, 'https://cap.example.cn/feed') : tree;
      return read.ok ? read.value.length : -1;
    };
    expect(linksOf('/one.xml')).toBe(1);
    for (const href of [
      'http://127.0.0.1:8080/x',
      'file:///etc/passwd',
      'https://cap.example.cn:444/x',
      '//evil.example/x',
    ])
      expect([href, linksOf(href)]).toEqual([href, 0]);
  });
});

describe('exchange.yaml', () => {
  const lintsOf = (text: string) =>
    checkCounty(new Map([['exchange.yaml', text]]), T0)
      .lints.filter(({ file }) => file === 'exchange.yaml')
      .map(({ line, kind }) => `${line} ${kind}`);
  test('names what is wrong, and where', () => {
    expect(
      lintsOf(
        'exchange:\n  feeds:\n    - { id: a, url: "https://x.cn/f" }\n    - { id: a, url: "http://x.cn/f" }\n    - { id: b, url: "https://u:p@x.cn/f" }\n',
      ),
    ).toEqual(['4 twice', '4 clear-text', '5 secret']);
    expect(lintsOf('exchange: { feeds: [], feed: { sender: "a b", accepts: [simulated] } }\n')).toHaveLength(2);
    expect(lintsOf('exchange: { feeds: [] }\n')).toEqual([]);
  });
});
