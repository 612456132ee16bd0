import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  signIn: ['Sign in to {name}', 'Bei {name} anmelden'],
  register: ['Create an account', 'Konto anlegen'],
  forgot: ['Forgot password?', 'Passwort vergessen?'],
  mail: ['Sign in by mail', 'Per Mail anmelden'],
  sso: ['Single sign-on', 'Single Sign-on'],
  email: ['Email', 'E-Mail'],
  password: ['Password', 'Passwort'],
  'password.rule': [
    'At least 8 characters with a capital, a small letter and a digit, or 14 of any kind.',
    'Mindestens 8 Zeichen mit Großbuchstabe, Kleinbuchstabe und Ziffer, oder 14 beliebige.',
  ],
  totp: ['Code of your authenticator app', 'Code deiner Authenticator-App'],
  recovery_code: ['Recovery code', 'Wiederherstellungscode'],
  'submit.signIn': ['Sign in', 'Anmelden'],
  'submit.register': ['Create the account', 'Konto anlegen'],
  'submit.forgot': ['Send the link', 'Link schicken'],
  'submit.mail': ['Send the mail', 'Mail schicken'],
  'submit.sso': ['Go on', 'Weiter'],
  usePasskey: ['Use a passkey', 'Passkey benutzen'],
  provider: ['Continue with {provider}', 'Weiter mit {provider}'],
  back: ['Back to sign-in', 'Zurück zur Anmeldung'],
  'instead.password': ['Use the password', 'Passwort benutzen'],
  'instead.totp': ['Use the authenticator app', 'Authenticator-App benutzen'],
  'instead.passkey': ['Use a passkey', 'Passkey benutzen'],
  'instead.recovery_code': ['Use a recovery code', 'Wiederherstellungscode benutzen'],
  sendMail: ['Send the mail again', 'Mail noch einmal schicken'],
  'sent.register': [
    'A mail is on its way to {email}. Press its link, then sign in.',
    'Eine Mail an {email} ist unterwegs. Drück ihren Link, dann melde dich an.',
  ],
  'sent.forgot': [
    'If {email} has an account here, a link to choose a new password is on its way.',
    'Wenn {email} hier ein Konto hat, ist ein Link für ein neues Passwort unterwegs.',
  ],
  'sent.mail': [
    'A mail is on its way to {email}. Type its code here, or open its link in this browser, within ten minutes.',
    'Eine Mail an {email} ist unterwegs. Tipp ihren Code hier ein, oder öffne ihren Link in diesem Browser, innerhalb von zehn Minuten.',
  ],
  mailCode: ['Code of the mail', 'Code aus der Mail'],
  'sent.again': [
    'A mail is on its way to {email}. Press its link, then sign in.',
    'Eine Mail an {email} ist unterwegs. Drück ihren Link, dann melde dich an.',
  ],
  local: [
    'On your own machine “npm run plinth -- console” prints a link that signs its owner in.',
    'Auf deinem eigenen Rechner druckt „npm run plinth -- console“ einen Link, der seinen Besitzer anmeldet.',
  ],
  stepUp: ['Is it you?', 'Bist du es?'],
  'stepUp.cancel': ['Cancel', 'Abbrechen'],
  'stepUp.why': [
    'What you are about to do can’t be taken back. Prove once more who you are; it holds for 15 minutes.',
    'Was du vorhast, lässt sich nicht zurücknehmen. Zeig noch einmal, dass du es bist; das gilt 15 Minuten.',
  ],
  'stepUp.again': [
    'This needs a fresh sign-in. Sign in again, and come back within 15 minutes.',
    'Dafür musst du dich neu anmelden. Komm danach innerhalb von 15 Minuten wieder.',
  ],
  'stepUp.signIn': ['Sign in again', 'Neu anmelden'],
  'stepUp.submit': ['Go on', 'Weiter'],
  'stepUp.canceled': [
    'Nothing was done: it was not proven that it is you.',
    'Es ist nichts geschehen: Du hast nicht gezeigt, dass du es bist.',
  ],
  'why.invalid_credentials': [
    'Email or password is wrong. Try again, or choose a new password.',
    'E-Mail oder Passwort stimmt nicht. Versuch es noch einmal, oder wähle ein neues Passwort.',
  ],
  'why.wrong_password': ['This is not your password.', 'Das ist nicht dein Passwort.'],
  'why.email_not_verified': [
    'Your address is not verified yet. Press the link in the mail that we sent you.',
    'Deine Adresse ist noch nicht bestätigt. Drück den Link in der Mail, die wir dir geschickt haben.',
  ],
  'why.user_suspended': [
    'Your access is suspended. Ask the operator of this server.',
    'Dein Zugang ist gesperrt. Frag, wer diesen Server betreibt.',
  ],
  'why.user_closed': [
    'You have closed your account. For 14 days the link in the mail opens it again.',
    'Du hast dein Konto geschlossen. 14 Tage lang öffnet es der Link in der Mail wieder.',
  ],
  'why.sso_required': [
    'Your organization wants you to come by single sign-on. Use it below.',
    'Deine Organisation verlangt Single Sign-on. Benutz es weiter unten.',
  ],
  'why.too_many_attempts': [
    'Too many attempts failed. The next one is possible {when}; a passkey works at once.',
    'Zu viele Versuche sind fehlgeschlagen. Der nächste geht {when}; ein Passkey geht sofort.',
  ],
  'why.limit_exceeded': [
    'That was too often. Try again {when}.',
    'Das war zu oft. Versuch es {when} noch einmal.',
  ],
  'why.captcha_required': [
    'Too many attempts failed. Wait a few minutes, use a passkey, or choose a new password.',
    'Zu viele Versuche sind fehlgeschlagen. Warte einige Minuten, benutz einen Passkey, oder wähle ein neues Passwort.',
  ],
  'why.mfa_refused': [
    'This is wrong, or was used already. Wait for the next code, or use another way.',
    'Das stimmt nicht, oder es wurde schon benutzt. Warte auf den nächsten Code, oder benutz etwas anderes.',
  ],
  'why.mfa_over': [
    'This sign-in took too long or failed too often. Begin again.',
    'Diese Anmeldung hat zu lange gedauert oder ging zu oft schief. Fang noch einmal an.',
  ],
  'why.mfa_paused': [
    'There were too many wrong codes. Use a passkey or a recovery code, or try again {when}.',
    'Es waren zu viele falsche Codes. Benutz einen Passkey oder Wiederherstellungscode, oder versuch es {when}.',
  ],
  'why.passkey_invalid': [
    'This passkey was not made for this page. Try again.',
    'Dieser Passkey wurde nicht für diese Seite gemacht. Versuch es noch einmal.',
  ],
  'why.NotAllowedError': [
    'No passkey was used. Try again, or use another way.',
    'Es wurde kein Passkey benutzt. Versuch es noch einmal, oder benutz etwas anderes.',
  ],
  'why.InvalidStateError': [
    'This device has a passkey of yours already.',
    'Dieses Gerät hat schon einen Passkey von dir.',
  ],
  'why.SecurityError': [
    'Passkeys of this server are bound to another address. Open the console there.',
    'Passkeys dieses Servers sind an eine andere Adresse gebunden. Öffne die Konsole dort.',
  ],
  'why.sign_in_link_invalid': [
    'This link does not work any more. It is good once, for ten minutes. “npm run plinth -- console” prints a new one.',
    'Dieser Link gilt nicht mehr. Er gilt einmal, zehn Minuten lang. „npm run plinth -- console“ druckt einen neuen.',
  ],
  'why.mail_code_invalid': [
    'This code is wrong, was used, or is too old. After five wrong ones, ask for another mail.',
    'Dieser Code stimmt nicht, wurde benutzt oder ist zu alt. Nach fünf falschen brauchst du eine neue Mail.',
  ],
  'why.sign_in_canceled': [
    'You said no at the provider. Begin again, or use another way.',
    'Du hast beim Anbieter abgelehnt. Fang noch einmal an, oder benutz etwas anderes.',
  ],
  'why.sign_in_failed': [
    'The provider’s answer does not fit, or came too late. Begin again.',
    'Die Antwort des Anbieters passt nicht oder kam zu spät. Fang noch einmal an.',
  ],
  'why.sign_in_unavailable': [
    'The provider does not answer. Try again shortly, or use another way.',
    'Der Anbieter antwortet nicht. Versuch es gleich noch einmal, oder benutz etwas anderes.',
  ],
  'why.provider_email_unverified': [
    'Your address is not verified at the provider. Verify it there first.',
    'Deine Adresse ist beim Anbieter nicht bestätigt. Bestätige sie zuerst dort.',
  ],
  'why.sign_in_not_linked': [
    'This address has an account here that can’t be linked. Sign in as before, or choose a new password.',
    'Diese Adresse hat hier ein Konto, das sich nicht verbinden lässt. Melde dich an wie bisher, oder wähle ein neues Passwort.',
  ],
  'why.sso_unconfigured': [
    'No organization signs in people with this address. Use another way.',
    'Keine Organisation meldet Leute mit dieser Adresse an. Benutz etwas anderes.',
  ],
  'why.sso_refused': [
    'Your organization’s provider may not sign you in here. Ask its admins.',
    'Der Anbieter deiner Organisation darf dich hier nicht anmelden. Frag ihre Admins.',
  ],
  'why.sso_not_a_member': [
    'You are not a member of this organization. Ask its admins for an invitation.',
    'Du bist kein Mitglied dieser Organisation. Bitte ihre Admins um eine Einladung.',
  ],
  'why.no_room': [
    'Your organization’s plan has no room for another member. Ask its admins.',
    'Der Tarif deiner Organisation hat keinen Platz für noch ein Mitglied. Frag ihre Admins.',
  ],
  'why.busy': [
    'The server is busy. Try again in a moment.',
    'Der Server ist beschäftigt. Versuch es gleich noch einmal.',
  ],
  'why.no_answer': [
    'The server does not answer. Try again when you are online.',
    'Der Server antwortet nicht. Versuch es noch einmal, wenn du online bist.',
  ],
});
