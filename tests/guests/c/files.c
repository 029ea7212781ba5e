/* A C command that tries the file system call by call: folders, seeks, appends, truncation, renames, links, removal.
 * Every line says what was done and what came back; the folder is left as it was found. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char *what, long long result) {
    if (result < 0) printf("%-28s %s\n", what, strerror(errno));
    else printf("%-28s %lld\n", what, result);
}

static void content(const char *path) {
    char text[64];
    int file = open(path, O_RDONLY);
    ssize_t count = file < 0 ? -1 : read(file, text, sizeof text);
    printf("content of %s: [", path);
    for (ssize_t i = 0; i < count; i++) putchar(text[i] == 0 ? '0' : text[i]);
    printf("]\n");
    if (file >= 0) close(file);
}

static void writes(void) {
    char text[16] = {0};
    int file = open("/data/work/a", O_RDWR | O_CREAT | O_EXCL, 0644);
    say("create", file >= 0 ? 0 : -1);
    say("create again", open("/data/work/a", O_RDWR | O_CREAT | O_EXCL, 0644));
    say("write", write(file, "hello, world", 12));
    say("seek from the end", lseek(file, -5, SEEK_END));
    say("read", read(file, text, 5));
    printf("read: %s\n", text);
    say("read at", pread(file, text, 5, 1));
    printf("read at: %s\n", text);
    say("write at", pwrite(file, "J", 1, 0));
    say("seek behind the end", lseek(file, 4, SEEK_END));
    say("write behind the end", write(file, "!", 1));
    say("sync", fsync(file));
    say("close", close(file));
    content("/data/work/a");
    file = open("/data/work/a", O_WRONLY | O_APPEND);
    say("append", write(file, "more", 4));
    say("shorten", ftruncate(file, 5));
    say("lengthen", ftruncate(file, 7));
    close(file);
    content("/data/work/a");
    file = open("/data/work/a", O_WRONLY | O_TRUNC);
    say("write to a read-only handle", write(open("/data/work/a", O_RDONLY), "x", 1));
    close(file);
    struct stat about;
    say("size after truncation", stat("/data/work/a", &about) == 0 ? about.st_size : -1);
}

static void names(void) {
    struct stat about;
    say("rename", rename("/data/work/a", "/data/work/b"));
    say("old name", stat("/data/work/a", &about));
    say("new name", stat("/data/work/b", &about));
    say("hard link", link("/data/work/b", "/data/work/c"));
    say("links", stat("/data/work/c", &about) == 0 ? (long long)about.st_nlink : -1);
    say("symbolic link", symlink("b", "/data/work/d"));
    char target[8] = {0};
    say("read link", readlink("/data/work/d", target, sizeof target - 1));
    printf("link: %s\n", target);
    say("remove full folder", rmdir("/data/work"));
    say("remove folder as file", unlink("/data/work"));
    say("folder as file", open("/data/work", O_WRONLY));
    say("file as folder", mkdir("/data/work/b/x", 0755));
    int count = 0;
    DIR *folder = opendir("/data/work");
    while (folder && readdir(folder)) count++;
    say("entries with . and ..", count);
    if (folder) closedir(folder);
    say("unlink b", unlink("/data/work/b"));
    say("unlink c", unlink("/data/work/c"));
    say("unlink d", unlink("/data/work/d"));
    say("unlink d again", unlink("/data/work/d"));
}

int main(void) {
    say("make folder", mkdir("/data/work", 0755));
    say("make folder again", mkdir("/data/work", 0755));
    writes();
    names();
    say("remove folder", rmdir("/data/work"));
    return 0;
}
