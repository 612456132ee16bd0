import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  en: {
    plan: '{plan} plan',
    until: 'until {day}',
    prompt: 'Prompt',
    promptExample: 'Write a one-line launch note for a note-taking app',
    model: 'Model',
    send: 'Send',
    sendUpTo: 'Send · up to {cost}',
    stop: 'Stop',
    noLimits: 'Your plan has no limits.',
    allCalls: 'All calls',
    noCalls: 'No call yet. Send one above, or by the API:',
    tokens: '{prompt} + {completion} tokens',
    ledgerRow: 'Ledger row',
    failed: 'The call failed',
    noModels: 'No model is configured. Set OPENAI_API_KEY or another provider, and start the server again.',
  },
  de: {
    plan: 'Tarif {plan}',
    until: 'bis {day}',
    prompt: 'Eingabe',
    promptExample: 'Schreib einen Satz zum Start einer Notiz-App',
    model: 'Modell',
    send: 'Senden',
    sendUpTo: 'Senden · bis {cost}',
    stop: 'Anhalten',
    noLimits: 'Dein Tarif hat keine Limits.',
    allCalls: 'Alle Aufrufe',
    noCalls: 'Noch kein Aufruf. Sende oben einen, oder über die API:',
    tokens: '{prompt} + {completion} Token',
    ledgerRow: 'Buchung',
    failed: 'Der Aufruf ist gescheitert',
    noModels:
      'Es ist kein Modell eingerichtet. Setze OPENAI_API_KEY oder einen anderen Anbieter und starte den Server neu.',
  },
});
