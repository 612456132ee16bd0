import { declareErrors } from '#platform/kernel';

declareErrors({
  invalid_credentials: { status: 401, message: 'Email or password is wrong.' },
  user_suspended: { status: 403, message: 'This user is suspended.' },
  user_closed: {
    status: 403,
    message: 'You have closed your account. The link in the mail about it opens it again, for 14 days.',
  },
  email_not_verified: { status: 403, message: 'Verify your email address first.' },
  link_invalid: {
    status: 400,
    message: 'This link is not valid: it was used, it has expired, or a newer one was sent.',
  },
  too_many_attempts: { status: 429, message: 'Too many attempts have failed. Wait before the next one.' },
  refreshed_too_often: {
    status: 429,
    message:
      'This session was refreshed too often. An access token is valid for ten minutes; use it that long.',
  },
  captcha_required: { status: 403, message: 'Solve the CAPTCHA and send its answer with the request.' },
  wrong_password: { status: 403, message: 'This is not your password.' },
  mfa_refused: {
    status: 403,
    message: 'This code, recovery code or passkey is wrong, or was used already.',
  },
  mfa_over: {
    status: 401,
    message: 'This sign-in took too long or had too many wrong attempts. Sign in again.',
  },
  mfa_paused: {
    status: 429,
    message: 'There were too many wrong codes. Wait, or use a passkey or a recovery code.',
  },
  passkey_invalid: {
    status: 400,
    message: 'This passkey was not made for this session, or not for this site.',
  },
  step_up_required: {
    status: 403,
    message: 'This call needs a proof from the last 15 minutes that it is you: POST /v1/auth/step-up.',
  },
  sign_in_canceled: { status: 403, message: 'The provider says that you did not agree to sign in.' },
  sign_in_failed: {
    status: 401,
    message: 'The provider’s answer is invalid or has expired. Start the sign-in again.',
  },
  sign_in_unavailable: {
    status: 503,
    message: 'The provider of this sign-in does not answer. Try again shortly, or sign in another way.',
  },
  sign_in_not_set_up: { status: 404, message: 'This server accepts no sign-ins through this provider.' },
  mail_code_invalid: {
    status: 401,
    message: 'This code is wrong, was used, or has expired. After five wrong ones, ask for another mail.',
  },
  provider_email_unverified: {
    status: 403,
    message: 'Your email address is not verified at the provider. Verify it there first.',
  },
  sign_in_not_linked: {
    status: 409,
    message:
      'This email address has an account here that cannot be linked. Sign in as you did before; “forgot password” sends you a link.',
  },
  sso_required: {
    status: 403,
    message: 'Your organization requires single sign-on. Sign in with it.',
  },
  busy: { status: 503, message: 'This server is busy. Try again shortly.' },
});
