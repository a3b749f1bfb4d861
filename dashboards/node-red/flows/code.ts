/** Pieces of the function nodes' JavaScript that several flows carry. */
import { CHANGES, HAZARDS, LEVELS, MARKS, NOTES } from './words.ts';

const constant = (name: string, value: unknown): string => `const ${name} = ${JSON.stringify(value)};`;

/** `fill(NOTES.x, {…})` puts values into a text of the table. */
export const fillCode = (...names: readonly (keyof typeof NOTES)[]): string => `
${constant('NOTES', Object.fromEntries(names.map((name) => [name, NOTES[name]])))}
const fill = (text, values) => text.replace(/\\{(\\w+)\\}/g, (all, name) => values[name] ?? all);`;

/** `sentence(alert, change)`: 【演练】青石岭镇上坪村上坪滑坡红色预警升级：裂缝位移 22.40 mm ≥ 20.00 mm */
export const sentenceCode = `
${constant('LEVELS', LEVELS)}
${constant('HAZARDS', HAZARDS)}
${constant('MARKS', MARKS)}
${constant('CHANGES', CHANGES)}
const reasonOf = (alert) => {
  const active = alert.conditions.filter((one) => one.state === 'active');
  const worst = active.find((one) => one.level === alert.level) ?? active[0];
  return worst?.reasonText.zh ?? '';
};
const placeOf = (alert) => {
  const hazard = HAZARDS[alert.hazard] ?? '';
  const name = alert.subjectName.zh;
  const grid = alert.gridName.zh;
  return (name.startsWith(grid) ? '' : grid) + (name.endsWith(hazard) ? name : name + hazard);
};
const sentence = (alert, change) => {
  const reason = change === 'closed' ? '' : reasonOf(alert);
  const what = change === 'closed' && alert.lifecycle === 'falseAlarm' ? 'falseAlarm' : change;
  return (MARKS[alert.origin] ?? '【' + alert.origin + '】') + placeOf(alert) + LEVELS[alert.level] + CHANGES[what]
    + (reason === '' ? '' : '：' + reason);
};`;

/**
 * `again(msg, mayHelp, why)`: true when it is tried once more; `msg.delay` says when. Tries are kept in memory: a restart of
 * Node-RED in between ends them.
 */
export const againCode = `
const again = (msg, mayHelp) => {
  const tries = msg.tries ?? 1;
  const most = Number(env.get('TRIES')) || 5;
  if (!mayHelp || tries >= most) return false;
  msg.tries = tries + 1;
  msg.delay = Math.min(60000, (Number(env.get('RETRY_MS')) || 2000) * 2 ** (tries - 1));
  return true;
};
const why = (msg) => {
  const text = msg.error ? String(msg.error.message ?? msg.error) : 'HTTP ' + msg.statusCode;
  return text.slice(0, 200);
};
/** What may be better in a moment: no connection, too many, the other side's own trouble. */
const mayHelp = (msg) => msg.error !== undefined || [408, 425, 429].includes(msg.statusCode) || msg.statusCode >= 500;`;
