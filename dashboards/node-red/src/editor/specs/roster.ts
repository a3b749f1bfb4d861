/** Who is on duty. */
import type { NodeSpec } from '../spec.ts';
import { SERVER_FIELD } from './fields.ts';

export const ROSTER: NodeSpec = {
  type: 'fengsui-roster',
  label: { zh: '值班表', en: 'roster' },
  icon: 'timer.svg',
  inputs: 1,
  outputLabels: [
    { zh: '值班的人', en: 'who is on duty' },
    { zh: '无人值班', en: 'nobody' },
  ],
  fields: [
    SERVER_FIELD,
    {
      kind: 'text',
      name: 'grid',
      label: { zh: '网格编码', en: 'Grid code' },
      default: '',
      pattern: '^[0-9A-Za-z_-]{0,64}$',
    },
  ],
  help: {
    about: { zh: '查某网格某时刻谁值班。', en: 'Asks who is on duty at a grid’s desk at an instant.' },
    inputs: [
      { name: 'grid', type: 'string', text: { zh: '没有时用设置的', en: 'Without it the one that is set' } },
      {
        name: 'at',
        type: 'string | number',
        text: {
          zh: '带时区的 ISO 8601 或毫秒；没有时为现在',
          en: 'ISO 8601 with an offset or epoch milliseconds; without it now',
        },
      },
    ],
    outputs: [
      [
        {
          name: 'payload',
          type: 'array',
          text: { zh: '每人 id、name、phone、place（a 主班，b 副班）', en: 'id, name, phone, place (a or b) of each' },
        },
        { name: 'roster', type: 'object', text: { zh: '班次和下一班', en: 'The shifts and the next one' } },
      ],
      [{ name: 'payload', type: 'array', text: { zh: '空', en: 'Empty' } }],
    ],
    details: [
      {
        zh: '电话按登录人的权限显示；看到完整号码会记入台账。值班表只知道前后四十天。',
        en: 'Telephone numbers are shown as far as the person who is signed in may see them; reading them in full is entered in the ledger. The roster is known for 40 days around the present.',
      },
    ],
  },
  words: {
    nobody: { zh: '无人值班', en: 'nobody on duty' },
    noDesk: { zh: '该网格没有值班台', en: 'this grid has no desk' },
  },
};
