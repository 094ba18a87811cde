import { Component, type ReactNode } from 'react'
import { Failure } from './failure.tsx'

interface State {
  readonly error: unknown
}

/** A page that fails leaves the rest of the dashboard alone. React asks for a class here. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined }

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return <Failure error={error} retry={() => this.setState({ error: undefined })} />
  }
}
