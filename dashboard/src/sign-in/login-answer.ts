/** What `POST /login` answers. */
export interface LoginAnswer {
  readonly token: string
  readonly role: string
  readonly version: string
  /** The first password is still in use: every other call is refused until it is changed. */
  readonly must_change_password?: boolean
}
