// A server that does nothing but HTTP: it reads the body and answers as many bytes as it was told, the
// bound of what a server on `node:http` can reach. `bare-server.mjs <bytes>` prints its address.

import http from 'node:http'

const answer = 'x'.repeat(Number(process.argv[2]))
const headers = ['Content-Type', 'application/json', 'Content-Length', String(answer.length)]

const server = http.createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    Buffer.concat(chunks)
    response.writeHead(200, headers)
    response.end(answer, 'latin1')
  })
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
