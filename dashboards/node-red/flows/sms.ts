/** Alert → the county's own SMS gateway over HTTP, with its key, tried again; what came of it is noted on the alert. */
import { againCode, fillCode, sentenceCode } from './code.ts';
import { type FlowNode, sheet } from './parts.ts';

const INFO = `预警新发或升级时，向县里的短信网关发一条短信；结果写成预警的备注。
双击页签填写 SMS_URL、SMS_TO（逗号分隔的号码）和 SMS_KEY（存为加密凭据）。
烽燧自己的短信通道不受影响：这是另外一份。只送实况；在“预警输入”里勾选演练后，短信以【演练】开头。

POST SMS_URL  Authorization: Bearer SMS_KEY
{"id": "…", "to": ["138…"], "text": "…"}   → 2xx 为接收；网络错误、408、429、5xx 重试，其他不再试。
The same id goes with each try, so that a gateway can tell a repetition.`;

const WHAT = `
${sentenceCode}
if (!['new', 'worse'].includes(msg.change)) return null;
const alert = msg.payload;
const to = String(env.get('SMS_TO') ?? '').split(/[,，\\s]+/).filter((one) => one !== '');
const id = alert.id + '-' + msg.change + '-' + alert.version;
msg.request = { id, to, text: sentence(alert, msg.change) };
msg.commandId = id + '-sms';
return to.length === 0 ? null : msg;`;

const ASK = `
delete msg.error;
delete msg.statusCode;
msg.method = 'POST';
msg.url = String(env.get('SMS_URL') ?? '');
msg.headers = { authorization: 'Bearer ' + env.get('SMS_KEY'), 'content-type': 'application/json; charset=utf-8' };
msg.requestTimeout = 10000;
msg.payload = JSON.stringify(msg.request);
return msg;`;

const RESULT = `
${fillCode('smsTaken', 'smsRefused')}
${againCode}
const tries = msg.tries ?? 1;
if (msg.error === undefined && msg.statusCode >= 200 && msg.statusCode < 300) {
  msg.note = fill(NOTES.smsTaken, { to: msg.request.to.length, tries });
  node.status({ fill: 'green', shape: 'dot', text: msg.note });
  return [msg, null];
}
const reason = why(msg);
if (again(msg, mayHelp(msg))) return [null, msg];
msg.note = fill(NOTES.smsRefused, { tries, why: reason });
node.status({ fill: 'red', shape: 'dot', text: msg.note });
return [msg, null];`;

export function smsFlow(): readonly FlowNode[] {
  const on = sheet(1, '短信网关 SMS gateway', INFO, [
    { name: 'SMS_URL', value: '', type: 'str' },
    { name: 'SMS_TO', value: '', type: 'str' },
    { name: 'SMS_KEY', value: '', type: 'cred' },
    { name: 'TRIES', value: '5', type: 'num' },
    { name: 'RETRY_MS', value: '2000', type: 'num' },
  ]);
  const id = on.idOf;
  return [
    on.tab,
    on.note(1, { x: 180, y: 40, name: '先填页签里的 SMS_URL、SMS_TO、SMS_KEY' }, INFO),
    on.alertsIn(2, { x: 130, y: 120, name: '黄色以上' }, {}, [[id(3)]]),
    on.code(3, { x: 300, y: 120, name: '说成一句话' }, WHAT, [[id(4)]]),
    on.code(4, { x: 460, y: 120, name: '装请求' }, ASK, [[id(5)]]),
    on.http(5, { x: 620, y: 120, name: '短信网关' }, 'txt', [[id(7)]]),
    on.caught(6, { x: 620, y: 180, name: '没有接通' }, [5], [[id(7)]]),
    on.code(7, { x: 790, y: 120, name: '收到没有' }, RESULT, [[id(9)], [id(8)]]),
    on.wait(8, { x: 460, y: 200, name: '等一会儿再试' }, [[id(4)]]),
    on.action(9, { x: 960, y: 120, name: '记在预警上' }, 'note', [[], [id(10)]]),
    on.shown(10, { x: 1_120, y: 140, name: '备注被拒绝' }, 'refusal'),
  ];
}
