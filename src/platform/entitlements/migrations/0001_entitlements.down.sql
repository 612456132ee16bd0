drop schema entitlements cascade;
