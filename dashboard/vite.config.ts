import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** While developing, the pages come from Vite and everything else from a broker on this host. */
const BROKER = 'http://127.0.0.1:18083'

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2023', chunkSizeWarningLimit: 1_000 },
  server: { proxy: { '/api/': BROKER, '/api-docs': BROKER } },
})
