/** The example flows, as files that the editor's menu offers (import → examples). */
import { boardFlow } from './board.ts';
import type { FlowNode } from './parts.ts';
import { pictureFlow } from './picture.ts';
import { smsFlow } from './sms.ts';
import { wecomFlow } from './wecom.ts';

export const EXAMPLES: { readonly [file: string]: () => readonly FlowNode[] } = {
  '1 短信网关 SMS gateway.json': smsFlow,
  '2 政务微信 WeCom.json': wecomFlow,
  '3 LED 屏 LED board.json': boardFlow,
  '4 报警拍照 Picture on alert.json': pictureFlow,
};
