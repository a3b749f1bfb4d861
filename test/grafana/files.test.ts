/** What is written for Grafana: provisioning for each version of InfluxDB, grafana.ini without internet, and nobody's file overwritten. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DATASOURCE } from '#dashboards/grafana/context.ts';
import { type GrafanaFile, grafanaFiles } from '#dashboards/grafana/files.ts';
import { writeGrafanaFiles } from '#dashboards/grafana/io/write-files.ts';
import { DEFAULT_SERVER, dataSources, serverOf } from '#dashboards/grafana/provisioning.ts';
import { shippedCounty } from '#test/grafana/support/county.ts';
import { runFengsui } from '#test/support/command.ts';

const county = shippedCounty();
const files = grafanaFiles(county, ['zh', 'en'], DEFAULT_SERVER(2));
const textOf = (path: string): string => {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no file ${path}`);
  return file.text;
};
type Source = {
  readonly uid: string;
  readonly url: string;
  readonly user?: string;
  readonly jsonData: { readonly [key: string]: unknown };
  readonly secureJsonData?: { readonly [key: string]: string };
};
const sourceOf = (made: object): Source =>
  (made as { readonly datasources: readonly Source[] }).datasources[0] as Source;

describe('the data source', () => {
  it('of 1.x asks a database by InfluxQL, with name and password from the environment', () => {
    const { uid, jsonData, user, secureJsonData } = sourceOf(dataSources({ ...DEFAULT_SERVER(1), hasSecret: true }));
    expect(uid).toBe(DATASOURCE.uid);
    expect(jsonData).toEqual({ version: 'InfluxQL', dbName: 'fengsui', httpMode: 'POST', timeInterval: '1s' });
    expect([user, secureJsonData]).toEqual(['$FENGSUI_INFLUX_USER', { password: '$FENGSUI_INFLUX_PASSWORD' }]);
    const open = sourceOf(dataSources(DEFAULT_SERVER(1)));
    expect([open.user, open.secureJsonData]).toEqual([undefined, undefined]);
  });

  it.each([
    [2, 'Token $FENGSUI_INFLUX_TOKEN', 'http://127.0.0.1:8086'],
    [3, 'Bearer $FENGSUI_INFLUX_TOKEN', 'http://127.0.0.1:8181'],
  ] as const)('of %i.x asks by InfluxQL as well, with a token in a header', (version, header, url) => {
    const source = sourceOf(dataSources(DEFAULT_SERVER(version)));
    expect(source.url).toBe(url);
    expect(source.jsonData).toMatchObject({ version: 'InfluxQL', dbName: 'fengsui', httpHeaderName1: 'Authorization' });
    expect(source.secureJsonData).toEqual({ httpHeaderValue1: header });
  });

  it("is the county's own where county.yaml names one; a bucket is known by its mapping or its name", () => {
    const target = {
      version: 2,
      url: 'https://influx.example.cn:8086',
      org: 'o',
      bucket: 'county',
      tokenFile: 'x',
    } as const;
    expect(serverOf(target)).toEqual({ version: 2, url: target.url, database: 'county', hasSecret: true });
    expect(serverOf({ ...target, database: 'mapped' }).database).toBe('mapped');
    expect(serverOf({ version: 1, url: target.url, database: 'd' }).hasSecret).toBe(false);
  });
});

describe('the files', () => {
  it('hold the boards of both languages, each where its provider looks', () => {
    const { providers } = parse(textOf('provisioning/dashboards/fengsui.yaml')) as {
      readonly providers: readonly { readonly folder: string; readonly options: { readonly path: string } }[];
    };
    expect(providers.map(({ folder }) => folder)).toEqual(['烽燧', 'Fengsui']);
    for (const { options } of providers) {
      const folder = options.path.replace('$FENGSUI_GRAFANA/', '');
      expect(files.filter(({ path }) => path.startsWith(`${folder}/`)).length).toBe(8);
    }
    expect(grafanaFiles(county, ['en'], DEFAULT_SERVER(1)).some(({ path }) => path.includes('/zh/'))).toBe(false);
  });

  it('hold no secret and no address but of this machine', () => {
    const text = files.map((file) => file.text).join('\n');
    const addresses = [...text.matchAll(/https?:\/\/[^\s"'`]+/g)].map(([address]) => address);
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/^http:\/\/127\.0\.0\.1:/);
    for (const [, value = ''] of text.matchAll(/(?:password|token|secret(?:_key)?|httpHeaderValue1)\s*[:=]\s*(.+)/gi))
      expect(value).toMatch(/\$/);
  });

  it("have an alert that takes no answer, and an error, for an alarm, and goes to the county's duty", () => {
    type Rule = {
      readonly noDataState: string;
      readonly execErrState: string;
      readonly condition: string;
      readonly data: readonly { readonly datasourceUid: string; readonly model: { readonly query?: string } }[];
    };
    const { groups } = parse(textOf('provisioning/alerting/fengsui-rules.yaml')) as {
      readonly groups: readonly {
        readonly rules: readonly Rule[];
        readonly interval: string;
        readonly folder: string;
      }[];
    };
    const [group] = groups;
    expect([group?.interval, group?.folder, group?.rules.length]).toEqual(['30s', '烽燧', 2]);
    for (const { noDataState, execErrState, data } of group?.rules ?? []) {
      expect([noDataState, execErrState]).toEqual(['Alerting', 'Alerting']);
      expect(data.map(({ datasourceUid }) => datasourceUid)).toEqual([DATASOURCE.uid, '__expr__']);
      // A dollar would be taken for a variable of the environment.
      expect(data[0]?.model.query).toMatch(/time > now\(\) - 5m$/);
    }
    const { contactPoints } = parse(textOf('provisioning/alerting/fengsui-contact.yaml')) as {
      readonly contactPoints: readonly { readonly name: string }[];
    };
    const { policies } = parse(textOf('provisioning/alerting/fengsui-policy.yaml')) as {
      readonly policies: readonly { readonly receiver: string }[];
    };
    expect(policies[0]?.receiver).toBe(contactPoints[0]?.name);
  });
});

describe('grafana.ini', () => {
  const settings = new Map<string, string>();
  let section = '';
  for (const line of textOf('grafana.ini').split('\n')) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (key !== undefined) settings.set(`${section}.${key}`, value ?? '');
  }

  it.each([
    ['server.http_addr', '127.0.0.1'],
    ['analytics.reporting_enabled', 'false'],
    ['analytics.check_for_updates', 'false'],
    ['analytics.check_for_plugin_updates', 'false'],
    ['analytics.feedback_links_enabled', 'false'],
    ['security.disable_gravatar', 'true'],
    ['security.admin_password', '$__env{FENGSUI_GRAFANA_PASSWORD}'],
    ['snapshots.external_enabled', 'false'],
    ['snapshots.enabled', 'false'],
    ['public_dashboards.enabled', 'false'],
    ['news.news_feed_enabled', 'false'],
    ['plugins.plugin_admin_enabled', 'false'],
    ['plugins.public_key_retrieval_disabled', 'true'],
    ['plugins.preinstall_disabled', 'true'],
    ['auth.anonymous.enabled', 'false'],
    ['users.allow_sign_up', 'false'],
  ])('has %s = %s', (key, value) => {
    expect(settings.get(key)).toBe(value);
  });

  it('begins with a board that is among the files', () => {
    const home = settings.get('dashboards.default_home_dashboard_path')?.replace('$__env{FENGSUI_GRAFANA}/', '');
    expect(files.map(({ path }) => path)).toContain(home);
  });
});

describe('writing', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fengsui-grafana-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const some: readonly GrafanaFile[] = [
    { path: 'a/one.yaml', text: 'one\n' },
    { path: 'two.ini', text: 'two\n' },
  ];
  const newer: readonly GrafanaFile[] = some.map((file) => ({ ...file, text: `${file.text}newer\n` }));

  it('again with the same county changes nothing, and with another one changes what is ours', () => {
    expect(writeGrafanaFiles(folder, some, false).written).toEqual(['a/one.yaml', 'two.ini']);
    expect(writeGrafanaFiles(folder, some, false)).toEqual({
      written: [],
      unchanged: ['a/one.yaml', 'two.ini'],
      foreign: [],
    });
    expect(writeGrafanaFiles(folder, newer, false).written).toEqual(['a/one.yaml', 'two.ini']);
    expect(readFileSync(join(folder, 'two.ini'), 'utf8')).toBe('two\nnewer\n');
  });

  it('leaves a file that is not ours, or that somebody changed, and then writes nothing at all', () => {
    writeFileSync(join(folder, 'two.ini'), 'somebody else\n');
    expect(writeGrafanaFiles(folder, some, false)).toEqual({ written: [], unchanged: [], foreign: ['two.ini'] });
    expect(existsSync(join(folder, 'a'))).toBe(false);
    expect(writeGrafanaFiles(folder, some, true).foreign).toEqual([]);
    writeFileSync(join(folder, 'a', 'one.yaml'), 'one, by hand\n');
    expect(writeGrafanaFiles(folder, newer, false).foreign).toEqual(['a/one.yaml']);
    expect(readFileSync(join(folder, 'a', 'one.yaml'), 'utf8')).toBe('one, by hand\n');
  });

  it('makes a beginning that the county goes on with once, and leaves it then, even with force', () => {
    const seed: readonly GrafanaFile[] = [{ path: 'contact.yaml', text: 'placeholder\n', isSeed: true }];
    expect(writeGrafanaFiles(folder, seed, false).written).toEqual(['contact.yaml']);
    writeFileSync(join(folder, 'contact.yaml'), "the county's own\n");
    expect(writeGrafanaFiles(folder, [...seed, ...some], true)).toMatchObject({
      unchanged: ['contact.yaml'],
      foreign: [],
    });
    expect(readFileSync(join(folder, 'contact.yaml'), 'utf8')).toBe("the county's own\n");
    expect(files.filter(({ isSeed }) => isSeed === true).map(({ path }) => path)).toEqual([
      'provisioning/alerting/fengsui-contact.yaml',
    ]);
  });

  it('by the command: the county, in one language, for 3.x', async () => {
    const args = ['grafana', 'write', folder, '--lang', 'zh', '--influx', '3', '--url', 'http://127.0.0.1:9999'];
    const first = runFengsui(args, {});
    expect(await first.exited).toBe(0);
    expect(first.output()).toContain('InfluxDB 3.x at http://127.0.0.1:9999');
    expect(readdirSync(join(folder, 'dashboards'))).toEqual(['zh']);
    writeFileSync(join(folder, 'grafana.ini'), '; ours now\n');
    const again = runFengsui(args, {});
    expect(await again.exited).toBe(1);
    expect(again.output()).toContain('grafana.ini is not as this command wrote it');
  }, 30_000);
});
