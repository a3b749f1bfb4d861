/** Fields and properties that several nodes have. */
import type { Field, Property } from '../spec.ts';

export const SERVER_FIELD: Field = {
  kind: 'server',
  name: 'server',
  label: { zh: '服务器', en: 'Server' },
  required: true,
};
export const GRIDS_FIELD: Field = {
  kind: 'text',
  name: 'grids',
  label: { zh: '网格编码', en: 'Grid codes' },
  default: '',
  pattern: '^[0-9A-Za-z_,，、;；\\s-]*$',
};
export const ALERT_INPUTS: readonly Property[] = [
  {
    name: 'alertId',
    type: 'string',
    text: {
      zh: '预警编号；没有时取 alert.id，再取 payload.id',
      en: 'The alert; without it alert.id, then payload.id',
    },
  },
];
