/** A broadcast is asked for. */
import type { NodeSpec } from '../spec.ts';
import { SERVER_FIELD } from './fields.ts';

export const BROADCAST_OUT: NodeSpec = {
  type: 'fengsui-broadcast-out',
  label: { zh: '广播申请', en: 'broadcast out' },
  icon: 'white-globe.svg',
  inputs: 1,
  outputLabels: [
    { zh: '已发布', en: 'issued' },
    { zh: '被拒绝', en: 'refused' },
  ],
  fields: [
    SERVER_FIELD,
    {
      kind: 'number',
      name: 'confirmedWithin',
      label: { zh: '确认有效（分钟）', en: 'Confirmed within (minutes)' },
      default: 10,
      min: 1,
      max: 60,
    },
  ],
  help: {
    about: {
      zh: '申请对外预警或演练。没有演练标记、也没有人确认过这几句话的消息，一律拒绝。',
      en: 'Asks for a public warning or a drill. A message that is neither a drill nor confirmed, word for word, by somebody is refused.',
    },
    inputs: [
      { name: 'drill', type: 'boolean', text: { zh: 'true：只作为演练', en: 'true: as a drill, and as nothing else' } },
      {
        name: 'confirmed',
        type: 'object',
        text: {
          zh: '{by 谁, at 何时, text 原文}；text 必须与将要播出的话完全相同：标题、说明、防御指南的中文，各占一行',
          en: '{by, at, text}: text must equal the words that would be said: the Chinese headline, description and instruction, a line each',
        },
      },
      {
        name: 'payload',
        type: 'object',
        text: {
          zh: '预警：hazard、headline、description、instruction、level、grids、expires 或 minutes',
          en: 'A warning: hazard, headline, description, instruction, level, grids, and expires or minutes',
        },
      },
      {
        name: 'payload (drill)',
        type: 'object',
        text: {
          zh: '演练：name、grid、minutes、steps，或 point、hazard、level、reason；broadcast 为 true 才响真喇叭',
          en: 'A drill: name, grid, minutes, and steps, or point, hazard, level and reason; real sirens sound only where broadcast is true',
        },
      },
      {
        name: 'broadcastId',
        type: 'string',
        text: {
          zh: '同一编号只申请一次；没有时用消息自己的编号',
          en: 'The same id is asked for once; without it the message’s own',
        },
      },
    ],
    outputs: [
      [
        {
          name: 'broadcast',
          type: 'object',
          text: {
            zh: 'kind、by、state、stoodAlready 已有同样的、answer',
            en: 'kind, by, state, stoodAlready (the same one stood already), answer',
          },
        },
      ],
      [{ name: 'refusal', type: 'object', text: { zh: 'status、kind、message', en: 'status, kind, message' } }],
    ],
    details: [
      {
        zh: '来自模拟、回放或演练的消息，有人确认也不会成为真预警。确认须在设定的分钟之内。',
        en: 'What comes of a simulation, a replay or a drill never becomes a real warning, even when somebody confirmed it. A confirmation holds for the minutes that are set.',
      },
      {
        zh: '本节点不碰喇叭：它在中心登记预警或演练，中心按县里的规定通知、广播、收回执、到期解除，谁确认的记入台账。消息从不保留在 MQTT 上。',
        en: 'The node touches no siren: it enters a warning or a drill at the centre, which tells, broadcasts, gathers receipts and lifts it at its end by the county’s rules; who confirmed it stands in the ledger. Nothing is ever retained on MQTT.',
      },
      {
        zh: '已有同样的预警时不再发。回答丢失时查一次，查不到就报错，绝不自动重发。',
        en: 'Where the same warning stands already none is issued. When an answer was lost it is looked for once, and is an error if it is not found: nothing is ever asked for again by itself.',
      },
    ],
  },
  words: {
    stoodAlready: { zh: '已有同样的，未再发', en: 'it stood already' },
    mayBeTaken: { zh: '可能已被接受，请到值班台查看', en: 'it may have been taken, look at the console' },
  },
};
