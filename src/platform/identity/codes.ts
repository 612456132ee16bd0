import { declareErrors } from '#platform/kernel';

declareErrors({
  invalid_credentials: { status: 401, message: 'Email and password do not belong together.' },
  user_suspended: { status: 403, message: 'This user is suspended.' },
  email_not_verified: { status: 403, message: 'Verify your email address first.' },
  link_invalid: {
    status: 400,
    message: 'This link is not good, or no longer: it was used, is too old, or a newer one was sent.',
  },
  wrong_password: { status: 403, message: 'This is not your password.' },
  busy: { status: 503, message: 'There is more work than this server takes on at once. Try again shortly.' },
});
