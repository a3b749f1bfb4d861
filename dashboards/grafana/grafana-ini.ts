/** `grafana.ini` for a network without internet: loopback, nobody anonymous, nothing asked of the world. */
import type { Lang } from '#model/text.ts';
import { boardUid } from './layout.ts';

type Section = { readonly name: string; readonly settings: { readonly [key: string]: string | number | boolean } };

const NO_TILE_LAYER =
  '{"type":"xyz","config":{"url":"data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=","attribution":""}}';

const sections = (lang: Lang, zone: string): readonly Section[] => [
  { name: 'server', settings: { http_addr: '127.0.0.1', http_port: 3000, enable_gzip: true } },
  { name: 'paths', settings: { provisioning: '$__env{FENGSUI_GRAFANA}/provisioning' } },
  {
    name: 'analytics',
    settings: {
      reporting_enabled: false,
      check_for_updates: false,
      check_for_plugin_updates: false,
      feedback_links_enabled: false,
    },
  },
  {
    name: 'security',
    settings: {
      admin_user: 'admin',
      admin_password: '$__env{FENGSUI_GRAFANA_PASSWORD}',
      secret_key: '$__env{FENGSUI_GRAFANA_SECRET}',
      disable_gravatar: true,
      cookie_samesite: 'strict',
      allow_embedding: false,
      content_security_policy: true,
    },
  },
  { name: 'snapshots', settings: { enabled: false, external_enabled: false } },
  { name: 'public_dashboards', settings: { enabled: false } },
  { name: 'news', settings: { news_feed_enabled: false } },
  { name: 'help', settings: { enabled: false } },
  { name: 'support_bundles', settings: { enabled: false } },
  {
    name: 'plugins',
    settings: {
      plugin_admin_enabled: false,
      plugin_admin_external_manage_enabled: false,
      public_key_retrieval_disabled: true,
      preinstall_disabled: true,
      enable_alpha: false,
    },
  },
  {
    name: 'users',
    settings: { allow_sign_up: false, allow_org_create: false, default_language: lang === 'zh' ? 'zh-Hans' : 'en-US' },
  },
  { name: 'auth', settings: { disable_login_form: false } },
  { name: 'auth.anonymous', settings: { enabled: false } },
  { name: 'auth.basic', settings: { enabled: true } },
  { name: 'date_formats', settings: { default_timezone: zone } },
  {
    name: 'dashboards',
    settings: {
      default_home_dashboard_path: `$__env{FENGSUI_GRAFANA}/dashboards/${lang}/${boardUid('overview', lang)}.json`,
    },
  },
  { name: 'geomap', settings: { default_baselayer_config: `\`${NO_TILE_LAYER}\``, enable_custom_baselayers: true } },
  { name: 'unified_alerting', settings: { enabled: true, min_interval: '10s' } },
  { name: 'log', settings: { mode: 'console', level: 'info' } },
];

const HEAD = `; Written by "fengsui grafana write". For a network without internet: Grafana asks nobody outside for anything.
; Start:  FENGSUI_GRAFANA=<this folder> grafana server --homepath /usr/share/grafana --config <this folder>/grafana.ini
; with FENGSUI_GRAFANA_PASSWORD and FENGSUI_GRAFANA_SECRET, and for InfluxDB what provisioning/datasources names.
; It listens on loopback: put the county's TLS proxy in front of it.`;

export function grafanaIni(lang: Lang, zone: string): string {
  const parts = sections(lang, zone).map(({ name, settings }) =>
    [`[${name}]`, ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`)].join('\n'),
  );
  return `${[HEAD, ...parts].join('\n\n')}\n`;
}
