/** Everything that Grafana needs for a county, as files of one folder. */
import { stringify } from 'yaml';
import type { Lang } from '#model/text.ts';
import { buildBoards } from './boards.ts';
import { contextOf, type GrafanaCounty } from './context.ts';
import { alertRules, contactPoints, notificationPolicy } from './dead-man.ts';
import { grafanaIni } from './grafana-ini.ts';
import { boardProviders, dataSources, folderOf, type Server } from './provisioning.ts';

export type GrafanaFile = {
  readonly path: string;
  readonly text: string;
  /** A beginning that the county goes on with: written when it is not there, and never again. */
  readonly isSeed?: true;
};

const HEAD = '# Written by "fengsui grafana write"; secrets come from the environment.\n';
const yaml = (path: string, content: object): GrafanaFile => ({
  path: `provisioning/${path}`,
  text: HEAD + stringify(content, { lineWidth: 0 }),
});

/** The first language is that of Grafana's own words, of the first page and of the alerts about ourselves. */
export function grafanaFiles(county: GrafanaCounty, langs: readonly Lang[], server: Server): readonly GrafanaFile[] {
  const [first = 'zh'] = langs;
  const context = contextOf(county, first);
  return [
    ...langs.flatMap((lang) =>
      buildBoards(county, lang).map(({ uid, dashboard }) => ({
        path: `dashboards/${lang}/${uid}.json`,
        text: `${JSON.stringify(dashboard, null, 2)}\n`,
      })),
    ),
    yaml('datasources/fengsui.yaml', dataSources(server)),
    yaml('dashboards/fengsui.yaml', boardProviders(langs)),
    yaml('alerting/fengsui-rules.yaml', alertRules(context, folderOf(first))),
    { ...yaml('alerting/fengsui-contact.yaml', contactPoints()), isSeed: true },
    yaml('alerting/fengsui-policy.yaml', notificationPolicy()),
    { path: 'grafana.ini', text: grafanaIni(first, county.registry.county.zone) },
  ];
}
