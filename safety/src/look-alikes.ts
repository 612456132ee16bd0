/** Letters that look like Latin ones, or are written in two, in lower case. NFKD has resolved what Unicode itself knows to be the same. */
const PAIRS =
  'аaвbеeєeкkмmнhоoрpсcтtуyхxіiјjѕsԁdӏlԛqԝwһhгrпnьb' +
  'αaβbγyδdεeηnιiκkμuνvοoρpσsςsτtυuχxωwλl' +
  'øołlıiđdħhŧtɑaɡgɩiʀrɪiᴀaʙbᴄcᴅdᴇeɢgʜhᴊjᴋkʟlᴍmɴnᴏoᴘpᴛtᴜuᴠvᴡwʏyᴢzꜱsƙkʞkɘeǝe';

export const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries([
  ...Array.from(PAIRS).flatMap((sign, at, all): [string, string][] =>
    at % 2 === 0 ? [[sign, all[at + 1] ?? '']] : [],
  ),
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  // Regional indicators: flags, and letters for evading a filter.
  ...Array.from({ length: 26 }, (_, at): [string, string] => [
    String.fromCodePoint(0x1_f1_e6 + at),
    String.fromCharCode(97 + at),
  ]),
]);
