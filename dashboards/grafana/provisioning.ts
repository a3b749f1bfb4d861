/** What Grafana reads at its start: the data source for each version of InfluxDB, and where the boards lie. Secrets are names of environment variables. */
import type { InfluxTarget } from '#model/history.ts';
import type { Lang } from '#model/text.ts';
import { DATASOURCE } from './context.ts';

/** Which version is asked, and where; database and bucket as the writer uses them. */
export type Server = Pick<InfluxTarget, 'version' | 'url'> & { readonly database: string; readonly hasSecret: boolean };

/** The name that InfluxQL knows the store by: a database, or of 2.x the bucket's mapping. */
export const serverOf = (target: InfluxTarget): Server => ({
  version: target.version,
  url: target.url,
  database: target.database ?? target.bucket ?? 'fengsui',
  hasSecret: target.tokenFile !== undefined,
});

export const DEFAULT_SERVER = (version: 1 | 2 | 3): Server => ({
  version,
  url: version === 3 ? 'http://127.0.0.1:8181' : 'http://127.0.0.1:8086',
  database: 'fengsui',
  hasSecret: version !== 1,
});

/** 1.x: a name and a password; 2.x and 3.x: a header with a token. InfluxQL in every case. */
function access({ version, hasSecret }: Server): object {
  if (!hasSecret) return {};
  if (version === 1) return { user: '$FENGSUI_INFLUX_USER', secureJsonData: { password: '$FENGSUI_INFLUX_PASSWORD' } };
  const scheme = version === 2 ? 'Token' : 'Bearer';
  return { secureJsonData: { httpHeaderValue1: `${scheme} $FENGSUI_INFLUX_TOKEN` } };
}

export const dataSources = (server: Server): object => ({
  apiVersion: 1,
  deleteDatasources: [],
  datasources: [
    {
      ...{ name: 'Fengsui InfluxDB', type: DATASOURCE.type, uid: DATASOURCE.uid, orgId: 1, access: 'proxy' },
      ...{ url: server.url, isDefault: true, editable: false },
      jsonData: {
        ...{ version: 'InfluxQL', dbName: server.database, httpMode: 'POST', timeInterval: '1s' },
        ...(server.version !== 1 && server.hasSecret ? { httpHeaderName1: 'Authorization' } : {}),
      },
      ...access(server),
    },
  ],
});

const FOLDERS: { readonly [L in Lang]: string } = { zh: '烽燧', en: 'Fengsui' };
export const folderOf = (lang: Lang): string => FOLDERS[lang];

/** A provider a language; `FENGSUI_GRAFANA` is the folder that was written. */
export const boardProviders = (langs: readonly Lang[]): object => ({
  apiVersion: 1,
  providers: langs.map((lang) => ({
    ...{ name: `fengsui-${lang}`, orgId: 1, folder: folderOf(lang), folderUid: `fengsui-${lang}`, type: 'file' },
    ...{ disableDeletion: true, allowUiUpdates: false, updateIntervalSeconds: 30 },
    options: { path: `$FENGSUI_GRAFANA/dashboards/${lang}`, foldersFromFilesStructure: false },
  })),
});
