import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  en: {
    title: 'Sign in',
    email: 'Email',
    password: 'Password',
    submit: 'Sign in',
    link: 'Signing in by the link…',
    linkFailed: 'This link does not work any more',
    linkHelp: 'It is good once, for ten minutes. `npm run plinth -- console` prints a new one.',
    failed: 'You are not signed in',
    local: 'On your own machine `npm run plinth -- console` prints a link that signs its owner in.',
    second: 'Code of your authenticator app',
  },
  de: {
    title: 'Anmelden',
    email: 'E-Mail',
    password: 'Passwort',
    submit: 'Anmelden',
    link: 'Der Link meldet dich an …',
    linkFailed: 'Dieser Link gilt nicht mehr',
    linkHelp: 'Er gilt einmal, zehn Minuten lang. `npm run plinth -- console` druckt einen neuen.',
    failed: 'Du bist nicht angemeldet',
    local:
      'Auf deinem eigenen Rechner druckt `npm run plinth -- console` einen Link, der seinen Besitzer anmeldet.',
    second: 'Code deiner Authenticator-App',
  },
});
