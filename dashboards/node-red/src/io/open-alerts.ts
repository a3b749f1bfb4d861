/** Reads alerts from the console, page by page. */
import { type AlertBody, parseAlert } from '../alert-change.ts';
import { type Call, isFields } from '../link.ts';

const MAX_PAGES = 100;

/** All open alerts; undefined when a page could not be read. */
export async function loadOpenAlerts(call: Call): Promise<readonly AlertBody[] | undefined> {
  const alerts: AlertBody[] = [];
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await call({ path: `/api/v1/alerts?state=open&limit=500${cursor}` });
    const body = answer.ok ? answer.value.body : undefined;
    if (!isFields(body) || !Array.isArray(body['items'])) return undefined;
    alerts.push(...body['items'].flatMap((item: unknown) => parseAlert(item) ?? []));
    if (typeof body['next'] !== 'string') return alerts;
    cursor = `&cursor=${encodeURIComponent(body['next'])}`;
  }
  return alerts;
}

export async function loadAlert(call: Call, id: string): Promise<AlertBody | undefined> {
  const answer = await call({ path: `/api/v1/alerts/${encodeURIComponent(id)}` });
  return answer.ok ? parseAlert(answer.value.body) : undefined;
}
