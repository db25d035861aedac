/*
 * Every word that the console shows, in both languages, and how figures and instants are written.
 * A text is looked up as `area.key`; `{name}` and the like are filled in.
 */

const en = {
  'page.skip': 'Skip to content',
  'page.console': 'Console',
  'page.places': 'Places',
  'page.language': 'Language',
  'page.leave': 'Sign out',
  'page.zone': 'Times are those of {zone}.',
  'page.title': '{name} – Otomo Console',
  'page.more': 'Show more',

  'problem.away': 'The server cannot be reached. Trying again…',
  'problem.since': 'The server cannot be reached since {time}. Trying again…',
  'problem.refused': 'The server says: {message}',
  'problem.back': 'The server answers again.',

  'enter.title': 'Sign in',
  'enter.hint':
    'Ask the server for a pass, on its machine. It is good for 12 hours and stays in this tab.',
  'enter.pass': 'Pass',
  'enter.again': 'That pass is not good, or not any more. Ask for a new one.',
  'enter.go': 'Sign in',

  'live.name': 'Live',
  'live.title': 'Live calls',
  'live.search': 'Search live calls',
  'live.searchHint': 'Call, user or otomo',
  'live.empty': 'Nobody is on the phone right now.',
  'live.nothing': 'No live call has “{search}” in its ids.',
  'live.some': '{shown} of {found} calls are shown. Search to see others.',
  'live.count': '{number} live calls',
  'live.total': 'Live',

  'call.call': 'Call',
  'call.user': 'User',
  'call.otomo': 'Otomo',
  'call.people': 'User and otomo',
  'call.state': 'State',
  'call.time': 'Time',
  'call.units': 'Units',
  'call.points': 'Points',
  'call.quality': 'Quality',
  'call.jitter': 'Jitter',
  'call.loss': 'Loss',
  'call.acts': 'Acts',
  'call.requested': 'Requested',
  'call.started': 'Connected',
  'call.ended': 'Ended',
  'call.reason': 'Reason',
  'call.price': 'Price',
  'call.perUnit': '{points} / {seconds} s',
  'call.share': 'Otomo’s share',
  'call.refunded': 'Given back',
  'call.charge': 'Charged',
  'call.node': 'Server',
  'call.recording': 'Recording',
  'call.title': 'Call {id}',
  'call.gone': 'There is no such call.',

  'charge.advance': 'in advance',
  'charge.arrears': 'in arrears',

  'state.ringing': 'Ringing',
  'state.accepted': 'Connecting',
  'state.in_call': 'In call',
  'state.reconnecting': 'Reconnecting',
  'state.ended': 'Ended',
  'state.failed': 'Not connected',

  'act.end': 'End',
  'act.endCall': 'End call {id}',
  'act.record': 'Record',
  'act.stop': 'Stop recording',
  'act.recordCall': 'Record call {id}',
  'act.stopCall': 'Stop recording call {id}',
  'act.cancel': 'Cancel',
  'ask.end': 'End this call?',
  'ask.endText':
    '{user} and {otomo} are cut off at once and hear that the operator ended it. What was charged stays as the rules have it.',
  'ask.record': 'Record this call?',
  'ask.recordText':
    '{user} and {otomo} are told by their apps. Having their consent is yours to see to.',
  'ask.stop': 'Stop recording?',
  'ask.stopText': 'What was recorded until now is kept. {user} and {otomo} are told.',
  'done.end': 'Call {id} was ended.',
  'done.record': 'Call {id} is being recorded.',
  'done.stop': 'Call {id} is not recorded any more.',

  'reason.cancelled': 'Cancelled by the user',
  'reason.busy': 'Otomo busy',
  'reason.manual_decline': 'Declined',
  'reason.away': 'Otomo away',
  'reason.timeout': 'No answer in time',
  'reason.ring_timeout': 'Nobody answered',
  'reason.media_timeout': 'No voice came',
  'reason.network_lost': 'Network lost',
  'reason.rtp_stopped': 'Voice stopped',
  'reason.user_end': 'Hung up',
  'reason.no_point': 'Points used up',
  'reason.admin': 'Ended by the operator',
  'reason.system_error': 'Fault of the server',
  'reason.server_shutdown': 'Server stopped',

  'line.title': 'Timeline',
  'line.picture': 'Timeline of call {id}; the tables below hold the same.',
  'line.states': 'State',
  'line.units': 'Units',
  'line.recordings': 'Recording',
  'line.events': 'Events',
  'line.voice': 'Voice of {person}',
  'line.unit': 'Unit {index}: {points} points',

  'events.title': 'What happened',
  'events.at': 'At',
  'events.after': 'After',
  'events.who': 'Who',
  'events.what': 'What',
  'events.detail': 'Detail',
  'events.server': 'server',
  'events.empty': 'Nothing yet.',

  'quality.title': 'How it sounds',
  'quality.side': 'Side',
  'quality.packets': 'Packets',
  'quality.lost': 'Lost',
  'quality.heardLost': 'Lost to this ear',
  'quality.trip': 'Round trip',
  'quality.mos': 'Score (1–4.5)',
  'quality.empty': 'No voice has been measured.',

  'money.title': 'What it costs',
  'money.kind': 'Kind',
  'money.unit': 'Unit',
  'money.points': 'Points',
  'money.due': 'Due',
  'money.committed': 'Committed',
  'money.from': 'From',
  'money.to': 'To',
  'money.empty': 'No points have moved.',
  'kind.purchase': 'Purchase',
  'kind.charge': 'Charge',
  'kind.share': 'Otomo’s share',
  'kind.refund': 'Given back',
  'kind.hold': 'Held',
  'kind.release': 'Released',
  'kind.adjustment': 'Adjustment',

  'calls.name': 'Calls',
  'calls.title': 'Calls',
  'calls.search': 'Search calls',
  'calls.searchHint': 'Whole id of a call or a person',
  'calls.empty': 'There are no calls yet.',
  'calls.nothing': 'No call, and no call of a person, has the id “{search}”.',

  'people.name': 'People',
  'people.title': 'People',
  'people.search': 'Search people',
  'people.searchHint': 'Beginning of an id, or part of a name',
  'people.empty': 'There are no people yet: otomoctl user add.',
  'people.nothing': 'Nobody is called “{search}”.',
  'people.id': 'Id',
  'people.shown': 'Name',
  'people.role': 'Role',
  'people.balance': 'Balance',
  'people.price': 'Price',
  'people.blocked': 'Blocked',
  'role.user': 'User',
  'role.otomo': 'Otomo',

  'person.balance': 'Wallet',
  'person.earnings': 'Earnings',
  'person.ledger': 'Ledger: the newest 50 transfers',
  'person.calls': 'Calls of this person',
  'person.other': 'Other account',
  'person.note': 'Note',
  'person.gone': 'There is nobody with this id.',

  'recordings.name': 'Recordings',
  'recordings.title': 'Recordings',
  'recordings.empty': 'Nothing has been recorded.',
  'recordings.file': 'File',
  'recordings.length': 'Length',
  'recordings.size': 'Size',
  'recording.recording': 'Being written',
  'recording.ready': 'Complete',
  'recording.deleted': 'Deleted',
  'recording.lost': 'Lost',

  'audit.name': 'Audit',
  'audit.title': 'Audit',
  'audit.hint':
    'Recomputes every balance, unit and call from the tables of the running server, without stopping anything.',
  'audit.run': 'Check now',
  'audit.running': 'Checking…',
  'audit.good': 'The books are right.',
  'audit.bad': 'Findings: {number}.',
  'audit.at': 'Checked at {time}.',
  'audit.invariant': 'Invariant',
  'audit.subject': 'About',
  'audit.detail': 'Finding',
};

/** @type {typeof en} */
const ja = {
  'page.skip': '本文へ',
  'page.console': 'コンソール',
  'page.places': 'メニュー',
  'page.language': '言語',
  'page.leave': 'サインアウト',
  'page.zone': '時刻は {zone} です。',
  'page.title': '{name} – Otomo コンソール',
  'page.more': 'さらに表示',

  'problem.away': 'サーバーに届きません。再試行しています…',
  'problem.since': '{time} からサーバーに届きません。再試行しています…',
  'problem.refused': 'サーバーからの返答:{message}',
  'problem.back': 'サーバーが再び応答しました。',

  'enter.title': 'サインイン',
  'enter.hint':
    'サーバーのマシンで次のコマンドを実行し、パスを取得してください。12 時間有効で、このタブにだけ保存されます。',
  'enter.pass': 'パス',
  'enter.again': 'このパスは無効か、期限が切れています。新しいパスを取得してください。',
  'enter.go': 'サインイン',

  'live.name': '通話中',
  'live.title': '進行中の通話',
  'live.search': '進行中の通話を検索',
  'live.searchHint': '通話・ユーザー・おとも',
  'live.empty': '今、通話はありません。',
  'live.nothing': 'ID に「{search}」を含む進行中の通話はありません。',
  'live.some': '{found} 件のうち {shown} 件を表示しています。ほかは検索してください。',
  'live.count': '進行中の通話 {number} 件',
  'live.total': '合計',

  'call.call': '通話',
  'call.user': 'ユーザー',
  'call.otomo': 'おとも',
  'call.people': 'ユーザーとおとも',
  'call.state': '状態',
  'call.time': '時間',
  'call.units': '単位数',
  'call.points': 'ポイント',
  'call.quality': '音質',
  'call.jitter': 'ジッター',
  'call.loss': '損失',
  'call.acts': '操作',
  'call.requested': '発信',
  'call.started': '接続',
  'call.ended': '終了',
  'call.reason': '理由',
  'call.price': '料金',
  'call.perUnit': '{points} / {seconds} 秒',
  'call.share': 'おともの取り分',
  'call.refunded': '返金',
  'call.charge': '課金',
  'call.node': 'サーバー',
  'call.recording': '録音',
  'call.title': '通話 {id}',
  'call.gone': 'その通話はありません。',

  'charge.advance': '前払い',
  'charge.arrears': '後払い',

  'state.ringing': '呼び出し中',
  'state.accepted': '接続処理中',
  'state.in_call': '通話中',
  'state.reconnecting': '再接続中',
  'state.ended': '終了',
  'state.failed': '不成立',

  'act.end': '終了',
  'act.endCall': '通話 {id} を終了',
  'act.record': '録音',
  'act.stop': '録音停止',
  'act.recordCall': '通話 {id} を録音',
  'act.stopCall': '通話 {id} の録音を停止',
  'act.cancel': 'キャンセル',
  'ask.end': 'この通話を終了しますか?',
  'ask.endText':
    '{user} さんと {otomo} さんの通話はすぐに切れ、運営が終了したと伝えられます。課金は規則どおりに確定します。',
  'ask.record': 'この通話を録音しますか?',
  'ask.recordText':
    '録音は {user} さんと {otomo} さんのアプリに通知されます。同意の取得は運営者の責任です。',
  'ask.stop': '録音を停止しますか?',
  'ask.stopText': 'これまでの録音は残ります。{user} さんと {otomo} さんに通知されます。',
  'done.end': '通話 {id} を終了しました。',
  'done.record': '通話 {id} の録音を始めました。',
  'done.stop': '通話 {id} の録音を停止しました。',

  'reason.cancelled': 'ユーザーが取り消し',
  'reason.busy': 'おともが話し中',
  'reason.manual_decline': '拒否',
  'reason.away': 'おともが離席中',
  'reason.timeout': '時間切れ',
  'reason.ring_timeout': '応答なし',
  'reason.media_timeout': '音声が届かず',
  'reason.network_lost': '回線切断',
  'reason.rtp_stopped': '音声停止',
  'reason.user_end': '切断',
  'reason.no_point': 'ポイント切れ',
  'reason.admin': '運営が終了',
  'reason.system_error': 'サーバーの不具合',
  'reason.server_shutdown': 'サーバー停止',

  'line.title': 'タイムライン',
  'line.picture': '通話 {id} のタイムライン。同じ内容が下の表にあります。',
  'line.states': '状態',
  'line.units': '単位',
  'line.recordings': '録音',
  'line.events': '出来事',
  'line.voice': '{person} の音声',
  'line.unit': '単位 {index}:{points} ポイント',

  'events.title': '出来事',
  'events.at': '時刻',
  'events.after': '経過',
  'events.who': '誰が',
  'events.what': '内容',
  'events.detail': '詳細',
  'events.server': 'サーバー',
  'events.empty': 'まだ何もありません。',

  'quality.title': '音質',
  'quality.side': '側',
  'quality.packets': 'パケット',
  'quality.lost': '損失',
  'quality.heardLost': '受信側での損失',
  'quality.trip': '往復時間',
  'quality.mos': '評価 (1–4.5)',
  'quality.empty': 'まだ測定されていません。',

  'money.title': '料金',
  'money.kind': '種類',
  'money.unit': '単位',
  'money.points': 'ポイント',
  'money.due': '発生',
  'money.committed': '確定',
  'money.from': '出',
  'money.to': '入',
  'money.empty': 'ポイントは動いていません。',
  'kind.purchase': '購入',
  'kind.charge': '課金',
  'kind.share': 'おともの取り分',
  'kind.refund': '返金',
  'kind.hold': '仮押さえ',
  'kind.release': '解放',
  'kind.adjustment': '調整',

  'calls.name': '通話',
  'calls.title': '通話',
  'calls.search': '通話を検索',
  'calls.searchHint': '通話または人の ID(全体)',
  'calls.empty': 'まだ通話がありません。',
  'calls.nothing': 'ID「{search}」の通話も、その人の通話もありません。',

  'people.name': '人',
  'people.title': '人',
  'people.search': '人を検索',
  'people.searchHint': 'ID の先頭、または名前の一部',
  'people.empty': 'まだ誰もいません。otomoctl user add で作れます。',
  'people.nothing': '「{search}」という人はいません。',
  'people.id': 'ID',
  'people.shown': '名前',
  'people.role': '役割',
  'people.balance': '残高',
  'people.price': '料金',
  'people.blocked': '停止中',
  'role.user': 'ユーザー',
  'role.otomo': 'おとも',

  'person.balance': 'ウォレット',
  'person.earnings': '受け取り',
  'person.ledger': '台帳:最新の 50 件',
  'person.calls': 'この人の通話',
  'person.other': '相手の口座',
  'person.note': 'メモ',
  'person.gone': 'この ID の人はいません。',

  'recordings.name': '録音',
  'recordings.title': '録音',
  'recordings.empty': '録音はありません。',
  'recordings.file': 'ファイル',
  'recordings.length': '長さ',
  'recordings.size': 'サイズ',
  'recording.recording': '録音中',
  'recording.ready': '完了',
  'recording.deleted': '削除済み',
  'recording.lost': '消失',

  'audit.name': '監査',
  'audit.title': '監査',
  'audit.hint':
    '稼働中のサーバーの表から、すべての残高・単位・通話を計算し直します。何も止めません。',
  'audit.run': '今すぐ確認',
  'audit.running': '確認しています…',
  'audit.good': '帳簿は正しい状態です。',
  'audit.bad': '不一致:{number} 件。',
  'audit.at': '{time} に確認しました。',
  'audit.invariant': '不変条件',
  'audit.subject': '対象',
  'audit.detail': '内容',
};

const languages = { en, ja };
const LANGUAGE_KEY = 'otomo-language'; // the call page's, too

/** @typedef {keyof typeof languages} Language */
/** @typedef {keyof typeof en} Key */

/** @returns {Language} the one that was chosen, else the browser's first that there is, else English */
export function pickLanguage() {
  const wanted = [localStorage.getItem(LANGUAGE_KEY) ?? '', ...navigator.languages];
  const found = wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag in languages);
  return /** @type {Language} */ (found ?? 'en');
}

/** @param {Language} language */
export const keepLanguage = (language) => localStorage.setItem(LANGUAGE_KEY, language);

/** @param {number} number */
const two = (number) => String(Math.floor(number)).padStart(2, '0');

export class Texts {
  #numbers;
  #words;

  /** @param {Language} language */
  constructor(language) {
    this.language = language;
    this.#words = languages[language];
    this.#numbers = new Intl.NumberFormat(language);
  }

  /** @param {Key} key @param {Record<string, string | number>} [values] */
  say(key, values = {}) {
    return this.#words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  /** A word of the server's, which may be newer than this list. @param {string} area @param {string | null} name */
  name(area, name) {
    return name === null
      ? ''
      : (/** @type {Record<string, string>} */ (this.#words)[`${area}.${name}`] ?? name);
  }

  /** @param {number} number */
  number(number) {
    return this.#numbers.format(number);
  }

  /** @param {number | null | undefined} part of 1 */
  percent(part) {
    return part === null || part === undefined ? '–' : `${(part * 100).toFixed(1)} %`;
  }

  /** @param {number} seconds */
  seconds(seconds) {
    return `${seconds.toFixed(3).replace('-', '−')} s`;
  }

  /** @param {number | null | undefined} us */
  milliseconds(us) {
    return us === null || us === undefined ? '–' : `${(us / 1000).toFixed(1)} ms`;
  }

  /** @param {number | null | undefined} mos */
  score(mos) {
    return mos === null || mos === undefined ? '–' : Number(mos).toFixed(2);
  }

  /** @param {number | null} bytes */
  size(bytes) {
    if (bytes === null) return '–';
    return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  }

  /** 1:02:03, 2:03. @param {number} seconds */
  duration(seconds) {
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
  }

  /** 2026-11-26 17:20:38, by the person's own clock. @param {string | number | null} instant */
  instant(instant) {
    if (instant === null || instant === undefined) return '–';
    const at = new Date(instant);
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${this.time(instant)}`;
  }

  /** 17:20:38 @param {string | number} instant */
  time(instant) {
    const at = new Date(instant);
    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  }
}
