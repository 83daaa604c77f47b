/*
 * What libopendkim does in a second, for bench-message.ts.
 *
 *     opendkim-bench verify MESSAGE KEY-RECORD SECONDS
 *     opendkim-bench sign   MESSAGE KEY-PEM    SECONDS
 *
 * One thread; the message is handed over whole, the key record comes from memory. Prints the rate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/types.h>
#include <opendkim/dkim.h>

static unsigned char *given;

static DKIM_CBSTAT lookup(DKIM *dkim, DKIM_SIGINFO *sig, unsigned char *buf, size_t buflen) {
	(void)dkim;
	(void)sig;
	snprintf((char *)buf, buflen, "%s", (char *)given);
	return DKIM_CBSTAT_CONTINUE;
}

static unsigned char *read_file(const char *path, size_t *length) {
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	rewind(file);
	unsigned char *bytes = malloc(*length + 1);
	if (bytes == NULL || fread(bytes, 1, *length, file) != *length) exit(2);
	bytes[*length] = '\0';
	fclose(file);
	return bytes;
}

static double seconds_now(void) {
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
	if (argc != 5) return 2;
	int verifying = strcmp(argv[1], "verify") == 0;
	size_t length, given_length;
	unsigned char *message = read_file(argv[2], &length);
	given = read_file(argv[3], &given_length);
	double wanted = atof(argv[4]);

	DKIM_LIB *library = dkim_init(NULL, NULL);
	if (library == NULL) return 2;
	dkim_set_key_lookup(library, lookup);

	long count = 0;
	double from = seconds_now();
	double now = from;
	while ((now = seconds_now()) - from < wanted) {
		for (int i = 0; i < 20; i++, count++) {
			DKIM_STAT status;
			DKIM *dkim = verifying ? dkim_verify(library, (unsigned char *)"bench", NULL, &status)
			                       : dkim_sign(library, (unsigned char *)"bench", NULL, (dkim_sigkey_t)given,
			                                   (unsigned char *)"rsa", (unsigned char *)"example.com", DKIM_CANON_RELAXED,
			                                   DKIM_CANON_RELAXED, DKIM_SIGN_RSASHA256, -1, &status);
			if (dkim == NULL) return 3;
			if (dkim_chunk(dkim, message, length) != DKIM_STAT_OK) return 4;
			if (dkim_chunk(dkim, NULL, 0) != DKIM_STAT_OK) return 5;
			status = dkim_eom(dkim, NULL);
			if (status != DKIM_STAT_OK) {
				fprintf(stderr, "%s\n", dkim_getresultstr(status));
				return 6;
			}
			if (!verifying) {
				unsigned char *field = NULL;
				size_t octets = 0;
				if (dkim_getsighdr_d(dkim, 16, &field, &octets) != DKIM_STAT_OK) return 7;
			}
			dkim_free(dkim);
		}
	}
	printf("%.1f\n", (double)count / (now - from));
	dkim_close(library);
	return 0;
}
