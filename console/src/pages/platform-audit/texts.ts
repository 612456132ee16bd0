import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  en: {
    account: 'Account',
    actor: 'Person or key',
    action: 'Action, as member.left',
    target: 'Done to',
    empty: 'Nothing like it was done. Take a filter away.',
    when: 'When',
    who: 'By',
    what: 'Action',
    changes: 'Changes',
    from: 'From',
    system: 'the server',
  },
  de: {
    account: 'Konto',
    actor: 'Person oder Schlüssel',
    action: 'Aktion, wie member.left',
    target: 'Getan an',
    empty: 'Nichts dergleichen wurde getan. Nimm einen Filter weg.',
    when: 'Wann',
    who: 'Von',
    what: 'Aktion',
    changes: 'Änderungen',
    from: 'Woher',
    system: 'dem Server',
  },
});
