import type { AuthenticatorDefinition } from '#plugin/define-authenticator.ts'
import builtInDatabase from './built-in-database.ts'
import http from './http.ts'
import jwt from './jwt/jwt.ts'
import ldap from './ldap.ts'
import mongodb from './mongodb.ts'
import mysql from './mysql.ts'
import postgresql from './postgresql.ts'
import redis from './redis.ts'
import scram from './scram/scram.ts'

/** Every authenticator there is. */
export const AUTHENTICATORS: readonly AuthenticatorDefinition[] = [
  builtInDatabase,
  http,
  jwt,
  ldap,
  mongodb,
  mysql,
  postgresql,
  redis,
  scram,
]
