/** The words of the example flows, in one table: what is sent and what is written down. Each flow carries those that it uses. */
import { LEVEL_TEXT } from '../../../model/level.ts';

/** As in the messages of the alerts themselves; a test compares. */
export const HAZARDS = {
  landslide: '滑坡',
  rainstorm: '暴雨',
  flood: '洪水',
  fire: '火灾',
  intrusion: '入侵',
  equipment: '设备',
  other: '',
  unanswered: '无人应答',
} as const;
/** What is not live says so before anything else. */
export const MARKS = { live: '', simulated: '【模拟】', replay: '【回放】', drill: '【演练】' } as const;

export const CHANGES = {
  new: '预警',
  worse: '预警升级',
  milder: '预警降级',
  closed: '预警解除',
  falseAlarm: '预警取消（误报）',
} as const;

export const LEVELS = {
  blue: LEVEL_TEXT.blue.zh,
  yellow: LEVEL_TEXT.yellow.zh,
  orange: LEVEL_TEXT.orange.zh,
  red: LEVEL_TEXT.red.zh,
} as const;

/** `{…}` is filled in. */
export const NOTES = {
  smsTaken: '短信网关已接收：{to}人，第{tries}次',
  smsRefused: '短信网关未接收（第{tries}次）：{why}',
  postTaken: '已发到企业微信群，第{tries}次',
  postRefused: '企业微信未接收（第{tries}次）：{why}',
  boardShown: 'LED屏已显示：{text}',
  boardFailed: 'LED屏没有应答（{tries}次）：{why}',
  pictureTaken: '已拍照：{file}，{size}字节，SHA-256 {hash}',
  pictureFailed: '拍照失败（{tries}次）：{why}',
  pictureNotKept: '照片没有存下：{why}',
  noAddress: '没有填写地址',
  noReply: '没有应答',
  notAPicture: '相机给的不是照片',
} as const;

/** What a board shows when there is nothing to show. */
export const BOARD_CALM = '平安';
