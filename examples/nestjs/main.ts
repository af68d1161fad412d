// A NestJS application in which any class gets the model injected: a service indexes the documents
// when the application starts, and answers two questions.
//
//   npx tsc && node main.js

import 'reflect-metadata'

import { readFileSync } from 'node:fs'
import path from 'node:path'

import { Injectable, Module } from '@nestjs/common'
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { EmbeddingMatrix } from 'model2vec-node'

interface Hit {
  readonly id: string
  readonly title: string
  readonly score: number
}

@Injectable()
class SearchService implements OnModuleInit, OnApplicationShutdown {
  private documents: { id: string; title: string; text: string }[] = []
  private embeddings!: EmbeddingMatrix

  constructor(private readonly ef: Model2VecEmbeddingFunction) {}

  async onModuleInit(): Promise<void> {
    const lines = readFileSync(path.join(__dirname, '../documents.jsonl'), 'utf8').trimEnd().split('\n')
    this.documents = lines.map((line) => JSON.parse(line))
    this.embeddings = await this.ef.encode(this.documents.map(({ text }) => text))
  }

  async search(query: string): Promise<Hit[]> {
    // Not `encodeSync`: other requests go on meanwhile.
    const nearest = await this.embeddings.nearest(await this.ef.encode(query), { k: 3 })
    return nearest.list(0).flatMap(({ index, score }) => {
      const document = this.documents[index]
      return document === undefined ? [] : [{ id: document.id, title: document.title, score }]
    })
  }

  // Calls that run are finished first.
  onApplicationShutdown(): void {
    this.ef.close()
  }
}

@Module({
  providers: [
    // The class is its own token. Nest waits for the promise before it makes what depends on it.
    { provide: Model2VecEmbeddingFunction, useFactory: () => Model2VecEmbeddingFunction.load() },
    SearchService,
  ],
  exports: [Model2VecEmbeddingFunction, SearchService],
})
class SearchModule {}

async function main(): Promise<void> {
  // An application without HTTP: `NestFactory.create` for one with controllers.
  const app = await NestFactory.createApplicationContext(SearchModule, { logger: ['error'] })
  const service = app.get(SearchService)
  for (const query of ['play chess against the computer', 'filter out spam from my mail']) {
    console.log(query)
    for (const { score, id, title } of await service.search(query)) {
      console.log(`  ${score.toFixed(4)}  ${id}  ${title}`)
    }
  }
  await app.close()
}

void main()
